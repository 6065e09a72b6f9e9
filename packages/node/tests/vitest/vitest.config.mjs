// What a project writes, and no more.
export default { test: { globalSetup: 'sandtill/vitest' } };
