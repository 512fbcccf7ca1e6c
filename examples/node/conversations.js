// The official JavaScript library with a gateway of one's own: a conversation, its members and events.
//
//     npm install @vonage/server-sdk
//     export $(python -m examples.api)
//     node examples/node/conversations.js
const { readFileSync } = require('fs');
const { Vonage } = require('@vonage/server-sdk');

const { GATEWAY_URL: host, VONAGE_APPLICATION_ID: applicationId, VONAGE_PRIVATE_KEY: keyFile } = process.env;
const vonage = new Vonage({ applicationId, privateKey: readFileSync(keyFile, 'utf8') }, { apiHost: host });
const { conversations, users } = vonage;
const show = (name, value) => console.log(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);

async function collect(rows) {
    const all = [];
    for await (const row of rows) all.push(row);
    return all;
}

async function main() {
    // Conversations: create, get, list, update
    const { id } = await conversations.createConversation({ displayName: 'The lounge' });
    show('conversation', id);
    await conversations.updateConversation({ id, displayName: 'The library' });
    show('display name', (await conversations.getConversation(id)).displayName);
    const listed = await collect(conversations.listAllConversations({ order: 'desc', pageSize: 100 }));
    show('conversations', listed.map((each) => each.id));

    // Users and members: invite, join, list
    const user = await users.createUser({ displayName: 'Alice' });
    show('user', user.id);
    const invitation = { state: 'invited', user: { id: user.id }, channel: { type: 'app' } };
    const member = await conversations.createMember(id, invitation);
    show('member', member.id);
    show('state', (await conversations.updateMember(id, member.id, { state: 'joined' })).state);
    const members = await collect(conversations.listAllMembers(id));
    show('members', members.map((each) => each.id));
    const rooms = await collect(conversations.listAllUserConversations(user.id));
    show('conversations of the user', rooms.map((each) => each.id));

    // Events: create, list, delete
    const body = { messageType: 'text', text: 'Hello, everybody!' };
    const message = await conversations.createEvent(id, { type: 'message', from: member.id, body });
    show('message', message.id);
    const events = await collect(conversations.listAllEvents(id));
    show('events', events.map((each) => each.type));
    await conversations.deleteEvent(id, message.id);
    show('deleted', (await conversations.getEvent(id, message.id)).body);

    // Delete it all
    await conversations.deleteConversation(id);
    await users.deleteUser(user.id);
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
