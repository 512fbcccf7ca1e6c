// A customer's program with @vonage/server-sdk: node program.js URL API_KEY API_SECRET APPLICATION_ID KEY_FILE [USER]
const { readFileSync } = require('fs');
const { Auth } = require('@vonage/auth');
const { tokenGenerate } = require('@vonage/jwt');
const { Vonage } = require('@vonage/server-sdk');
const serve = require('../serve.js');

const [url, apiKey, apiSecret, applicationId, keyFile, user] = process.argv.slice(2);
const privateKey = readFileSync(keyFile, 'utf8');
const jwtOptions = user ? { subject: user, acl: { paths: { '/**': {} } } } : {};
const auth = new Auth({ apiKey, apiSecret, applicationId, privateKey, jwtOptions });
const vonage = new Vonage(auth, { apiHost: url, restHost: url });
const jwt = { generate: (claims) => tokenGenerate(applicationId, privateKey, claims) };

// Errors carry the response that was the reason; its body is still to be read.
async function describe(error) {
    const response = error?.response;
    return response ? { status: response.status, body: await response.json().catch(() => null) } : {};
}

serve({ vonage, jwt }, (owner, name, args) => owner[name](...args), describe);
