// A customer's program with nexmo: node program.js URL API_KEY API_SECRET APPLICATION_ID KEY_FILE
const Nexmo = require('nexmo');
const serve = require('../serve.js');

const [url, apiKey, apiSecret, applicationId, privateKey] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const nexmo = new Nexmo(
    { apiKey, apiSecret, applicationId, privateKey },
    { apiHost: hostname, restHost: hostname, port: Number(port) },
);
// The package ships these four without giving them a place in its main object.
const resource = (name) => new (require(`nexmo/lib/${name}`))(nexmo.credentials, nexmo.options);

const invoke = (owner, name, args) =>
    new Promise((resolve, reject) => {
        owner[name](...args, (error, answer) => (error ? reject(error) : resolve(answer)));
    });

serve(
    {
        nexmo,
        conversations: resource('Conversations'),
        users: resource('Users'),
        members: resource('Members'),
        events: resource('Events'),
    },
    invoke,
    (error) => ({ status: error?.statusCode ?? null, body: error?.body ?? null }),
);
