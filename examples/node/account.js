// The official JavaScript library with a gateway of one's own: applications, numbers, secrets, balance.
//
//     npm install @vonage/server-sdk
//     export $(python -m examples.api)
//     node examples/node/account.js
const { Vonage } = require('@vonage/server-sdk');

const { GATEWAY_URL: host, VONAGE_API_KEY: apiKey, VONAGE_API_SECRET: apiSecret } = process.env;
const vonage = new Vonage({ apiKey, apiSecret }, { apiHost: host, restHost: host });
const { accounts, applications, numbers, secrets } = vonage;
const show = (name, value) => console.log(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);

async function main() {
    // Applications: create, get, update
    const created = await applications.createApplication({ name: 'Shop' });
    show('application', created.id);
    await applications.updateApplication({ id: created.id, name: 'Shop and hotline' });
    show('name', (await applications.getApplication(created.id)).name);

    // Numbers: search, buy, link, list, cancel
    const found = await numbers.getAvailableNumbers({ country: 'GB', size: 1 });
    const number = { country: 'GB', msisdn: found.numbers[0].msisdn };
    show('bought', (await numbers.buyNumber(number)).errorCodeLabel);
    await numbers.updateNumber({ ...number, applicationId: created.id });
    const owned = await numbers.getOwnedNumbers({ applicationId: created.id });
    show('linked', owned.numbers.map((each) => each.msisdn));
    show('cancelled', (await numbers.cancelNumber(number)).errorCodeLabel);
    await applications.deleteApplication(created.id);

    // The account: a second secret, revoked again, and the balance
    const ids = async () => (await secrets.listSecrets(apiKey))._embedded.secrets.map((each) => each.id);
    const secret = await secrets.createSecret(apiKey, 'Correct4Horse');
    show('secrets', await ids());
    await secrets.deleteSecret(apiKey, secret.id);
    show('secrets after that', await ids());
    show('balance', (await accounts.getBalance()).value);
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
