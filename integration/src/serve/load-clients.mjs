// Clients of the load test, in threads of their own: on the model's thread they would measure how long they wait themselves.
// Each part goes on until the thread receives the request for its results.

import { createServer, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { part, url } = workerData;

/** The status and the body; a slow client waits half a second before each piece. Each request has a connection of its own. */
function ask(path, { key, body, isSlow = false }) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const sent = request(`${url}${path}`, { method: "POST", agent: false, headers }, async (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      for await (const piece of answer) {
        text += piece;
        if (isSlow) await wait(500);
      }
      resolve({ status: answer.statusCode, text });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify({ model: "tiny", temperature: 0, ...body }));
  });
}

async function forever(doOnce) {
  for (;;) await doOnce();
}

const parts = {
  /** Milliseconds that /health takes, and those that a server of nothing else takes on the same machine. */
  health() {
    const times = { health: [], control: [] };
    const control = createServer((_, answer) => answer.end("{}")).listen(0, "127.0.0.1", () => {
      const addresses = { health: `${url}/health`, control: `http://127.0.0.1:${control.address().port}` };
      forever(async () => {
        for (const [name, address] of Object.entries(addresses)) {
          const begun = performance.now();
          const answer = await fetch(address);
          await answer.text();
          if (answer.status === 200) times[name].push(performance.now() - begun);
        }
        await wait(20);
      });
    });
    return times;
  },
  /** Tokens of connections that send the next request as soon as they have an answer. The last ones read slowly. */
  texts({ connections, slow = 0, key, prompts = 1, n = 1, tokensOfText }) {
    const tokens = Array(connections).fill(0);
    for (const connection of tokens.keys()) {
      const isSlow = connection >= connections - slow;
      const body = { prompt: Array(prompts).fill("Aromi is"), n, max_tokens: tokensOfText, stream: isSlow };
      forever(async () => {
        const { status } = await ask("/v1/completions", { key: key ?? `client ${connection}`, body, isSlow });
        if (status === 200) tokens[connection] += prompts * n * tokensOfText;
        await wait(status === 200 ? 0 : 100);
      });
    }
    return tokens;
  },
  /** How often prompts of megabytes got each error. */
  refusals({ key, characters }) {
    const seen = {};
    const long = "a".repeat(characters);
    const prompts = [
      ["/v1/completions", { prompt: long }],
      ["/v1/completions", { prompt: Array(16).fill(long.slice(0, characters / 16)) }],
      ["/v1/chat/completions", { messages: [{ role: "user", content: long }] }],
    ];
    forever(async () => {
      for (const [path, body] of prompts) {
        const { text } = await ask(path, { key, body });
        const { code } = JSON.parse(text).error ?? {};
        seen[code] = (seen[code] ?? 0) + 1;
      }
    });
    return seen;
  },
};

const seen = parts[part](workerData);
parentPort.once("message", () => {
  parentPort.postMessage(seen);
  process.exit();
});
