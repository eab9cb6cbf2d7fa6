// Runs before every test file: what a test may count on, whatever machine it runs on.
process.env.TZ = "UTC";
for (const key of Object.keys(process.env)) if (/^(GIT_|DGOV_(?!TEST_BIN$))/.test(key)) delete process.env[key];
