//! The rows of the vendor's page, copied from there, without white space; `account_holder` of
//! achrejects is `accountholder`, the word of its table.

/// Report and row.
pub(super) const SAMPLES: [(&str, &str); 12] = [
    (
        "batches",
        r#"{"batch_id":"9324","reported_date":"2017-08-05","settled_date":"2017-08-08","epic_id":"30","merchant_name":"Test DBA","payment_type":"eCom","sales_count":1,"sales_amount":3000.56,"sales_amount2":7.21,"credits_count":1,"credits_amount":2.26,"credits_amount2":1.12,"agent_id":"0012","agent_name":"Jane Doe"}"#,
    ),
    (
        "achrejects",
        r#"{"reported_date":"2017-08-11","settled_date":"","effective_date":"2017-08-10","trxn_id":"01231","account_number":"0123456****123","amount":123.12,"reason_code":"R03","accountholder":"Frodo Baggins","addenda":"","entry_class":"WEB","entry_desc":"PAYMENT","routing_number":"021000021","reason_text":"No Account/Unable to Locate Account"}"#,
    ),
    (
        "deposits",
        r#"{"reported_date":"2017-08-07","effective_date":"2017-08-08","epic_id":"123478","merchant_name":"Test DBA account","payment_type":"eCom","account_number":"123456****0123","amount":5500.34,"agent_id":"0012","agent_name":"Jane Doe","unique_id":"1234567"}"#,
    ),
    (
        "deposits-detail",
        r#"{"reported_date":"2017-08-07","effective_date":"2017-08-08","epic_id":"123478","merchant_name":"Test DBA account","payment_type":"eCom","account_number":"123456****0123","amount":5500.34,"agent_id":"0012","agent_name":"Jane Doe","unique_id":"1234567","detail_count":4,"detail_data":[{"trxn_type":"SALE","reported_date":"2017-08-07","amount":125.25,"secondary_amount":0,"account_no":"0123456****1234","accountholder":"John Johnson","transaction_date":"2017-08-07","client_trxn_id":"Test123","client_order_id":"TestOrder1","client_customer_id":"TestTrxn1","reference_id":"trxn_000009","memo":"bat_594044"}]}"#,
    ),
    (
        "trxnactivity",
        r#"{"bin":"123456","account_suffix":"1234","client_trxn_id":"Test123","client_order_id":"TestOrder1","client_customer_id":"TestTrxn1","mid":"88888888","deposited_date":"2018-04-25","batch_id":"123779","accountholder":"John Johnson","amount":123.45,"secondary_amount":0.01,"account_number":"0123456****1234","settled_date":"2018-04-25","trxn_type":"SALE","payment_type":"CARD","reported_date":"2018-04-25","transaction_id":"000009","trxn_utc_date":"2018-04-25","reason_code":"000","reason_text":"Test Only"}"#,
    ),
    (
        "chargebacks",
        r#"{"reason_code":"TST","deposited_date":"2018-04-26","cycle":"FIRST_CHARGEBACK","activity":"Assign To Merchant","activity_date":"2018-04-26","transaction_currency":1,"transaction_amount":100,"trxn_utc_date":"2018-04-26","authorization_currency":1,"authorization_amount":100,"authorization_date":"2018-04-26","chargeback_amount":50,"reason_text":"Sandbox TEST Data - Chargeback","account_suffix":"6378","bin":"123456","mid":"88888888","epic_id":"00001","date_reply_by":"2018-04-26","chargeback_type":1,"case_id":"99999999999999","date_reported":"2018-04-26","chargeback_currency":1,"card_number":"0123456****1234"}"#,
    ),
    (
        "activesubscriptions",
        r#"{"subscription_id":"f7991178-0e6e-481f-b89d-c34d0e9123a9","customer_id":"0d541381-bcfd-47a1-b9e4-f9be74f11111","wallet_id":"b64b3a3f-eb3b-40b2-a2c8-f005df94d26d","terminal_id":0,"status":"Active","amount":12.34,"secondary_amount":0.42,"last_amount":18.21,"last_secondary_amount":0.21,"currency":"USD","frequency":"Twice_Every_Month","period":0,"date_of_month_1":5,"date_of_month_2":15,"total_payments":12,"alert_after":true,"next_payment_date":"2018-04-25","last_payment_date":"2018-04-25","merchant_id":"2123123","terminal_name":"Default Terminal","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","customer_first_name":"Mary","customer_last_name":"Johnson"}"#,
    ),
    (
        "suspendedsubscriptions",
        r#"{"subscription_id":"5307b89c-21ca-4fd2-b409-7be1f78b054d","client_order_id":"12344567","amount":12.34,"secondary_amount":0.42,"last_amount":18.21,"last_secondary_amount":0.21,"frequency":"Every_n_Days","period":5,"next_payment_date":"2018-04-25","last_payment_date":"2018-04-25","total_payments":12,"wallet_id":"19f3812a-816f-41fc-b6bc-ebe9d6e57b61","customer_first_name":"Mary","customer_last_name":"Johnson","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","terminal_id":560,"terminal_name":"Default Terminal","subscription_suspend_reason":"Maximum number of retries exceeded","subscription_suspend_date":"2018-04-25"}"#,
    ),
    (
        "wallettrouble",
        r#"{"subscription_id":"529c2052-2ad3-46f8-8009-bf957f67519b","client_order_id":"12344567","amount":12.34,"secondary_amount":0.42,"last_amount":18.21,"last_secondary_amount":0.21,"frequency":"Every_n_Days","period":5,"next_payment_date":"2018-04-25","last_payment_date":"2018-04-25","total_payments":12,"wallet_id":"d729d5af-eb66-44c8-9177-7e0e422fcc3c","customer_first_name":"Mary","customer_last_name":"Johnson","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","terminal_id":0,"terminal_name":"Default Terminal","wallet_suspend_reason":"Expired card","wallet_suspend_date":"2018-04-25"}"#,
    ),
    (
        "newpayments",
        r#"{"schedule_id":123354322,"scheduled_date":"2018-04-25","amount":12.34,"secondary_amount":0.42,"alert_after_sent":true,"alert_before_sent":true,"wallet_id":"bcd1d721-ce18-4ffe-b229-585bef7c9e31","customer_first_name":"Mary","customer_last_name":"Johnson","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","terminal_id":15,"terminal_name":"Default Terminal","subscription_id":"98672de5-f7e3-42d7-bcb9-db486f0529e0","client_order_id":"12344567","status":"Scheduled","transaction_id":"6220223","transaction_date":"2018-04-25","transaction_status":"Approved","reason_code":"000","response_message":"Approved"}"#,
    ),
    (
        "failedpayments",
        r#"{"schedule_id":123354322,"scheduled_date":"2018-04-25","amount":12.34,"secondary_amount":0.42,"alert_after_sent":true,"alert_before_sent":true,"wallet_id":"bcd1d721-ce18-4ffe-b229-585bef7c9e31","customer_first_name":"Mary","customer_last_name":"Johnson","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","terminal_id":15,"terminal_name":"Default Terminal","subscription_id":"98672de5-f7e3-42d7-bcb9-db486f0529e0","client_order_id":"12344567","status":"Failed","transaction_id":"885323","transaction_date":"2018-04-25","transaction_status":"Approved","reason_code":"000","response_message":"Approved"}"#,
    ),
    (
        "successfulpayments",
        r#"{"schedule_id":123354322,"scheduled_date":"2018-04-25","amount":12.34,"secondary_amount":0.42,"alert_after_sent":true,"alert_before_sent":true,"wallet_id":"6b9b08eb-d828-4cbb-9b94-478094e46b7b","customer_first_name":"Mary","customer_last_name":"Johnson","accountholder":"John Johnson","account_type":"Visa","account_suffix":"1234","account_expiration_date":"0224","terminal_id":0,"terminal_name":"Default Terminal","subscription_id":"6202a6fb-a129-40a5-a3ac-6b9cae5a8647","client_order_id":"12344567","status":"Processed","transaction_id":"0220223","transaction_date":"2018-04-25","transaction_status":"Approved","reason_code":"000","response_message":"Approved"}"#,
    ),
];
