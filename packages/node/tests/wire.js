'use strict';
// A client of beGateway that knows nothing of the package.
const http = require('node:http');

/** Status and JSON of a call. */
function ask(url, path, body, { shop_id, secret_key }) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}${path}`,
      {
        method: 'POST',
        agent: false,
        auth: `${shop_id}:${secret_key}`,
        headers: { 'Content-Type': 'application/json', 'X-Api-Version': '3' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text }));
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

/** How many payments of a day beGateway counts for a shop. */
async function count(space, day, merchant) {
  const report_params = {
    date_type: 'created_at',
    from: `${day} 00:00:00`,
    to: `${day} 23:59:59`,
    status: 'all',
    payment_method_type: 'credit_card',
    time_zone: 'UTC',
  };
  const { body } = await ask(space.begateway.url, '/api/reports/count', { report_params }, space.begateway.credentialsOf(merchant));
  return body.transactions.count;
}

module.exports = { ask, count };
