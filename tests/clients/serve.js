// Drives a library from another process: one call a line on standard input, its outcome a line on standard output.
// In:  {"id": 1, "method": "numbers.buyNumber", "arguments": [...]}
// Out: {"id": 1, "value": ...} or {"id": 1, "error": {"message": ..., "status": ..., "body": ...}}
const readline = require('readline');

const MAX_ITEMS = 1000;

async function collected(result) {
    const value = await result;
    if (typeof value?.[Symbol.asyncIterator] !== 'function') return value;
    const items = [];
    for await (const item of value) {
        items.push(item);
        if (items.length > MAX_ITEMS) throw new Error(`more than ${MAX_ITEMS} items: do the pages end?`);
    }
    return items;
}

// `roots`: the library's objects by name. `invoke(owner, name, args)`: the promise of what a method answers.
// `describe(error)`: its status and body, when it has them.
module.exports = function serve(roots, invoke, describe) {
    async function outcome({ method, arguments: args }) {
        const names = method.split('.');
        const name = names.pop();
        const owner = names.reduce((found, each) => found[each], roots);
        try {
            return { value: await collected(invoke(owner, name, args)) };
        } catch (error) {
            return { error: { message: String(error?.message), ...(await describe(error)) } };
        }
    }
    const write = (line) => process.stdout.write(JSON.stringify(line) + '\n');
    readline.createInterface({ input: process.stdin }).on('line', async (line) => {
        const call = JSON.parse(line);
        write({ id: call.id, ...(await outcome(call)) });
    });
    write({ id: 0, value: 'ready' });
};
