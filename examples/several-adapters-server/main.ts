// A server in which each request names its adapter: one model in memory, and requests that come together are computed
// together, each row of the batch with its own adapter. It answers programs of this machine only.
//   curl -d '{"prompt": "Hello ->", "adapter": "polite"}' http://127.0.0.1:8080/

import { createServer, type IncomingMessage } from "node:http";
import { adapterNames } from "@lowrank/inject";
import { loadBase } from "./base.ts";
import { openBatcher } from "./batcher.ts";
import { teachSentence } from "./teach-sentence.ts";

const port = Number(process.argv[2] ?? 8080);
const host = "127.0.0.1";
const longestBody = 16_384; // bytes
const longestPrompt = 64; // tokens

const base = await loadBase();
// In earnest these are folders: attachAdapter(model, await readAdapterFolder("polite"), { name: "polite" }).
await teachSentence(base, { name: "polite", prompt: "Hello ->", answer: " Good day, and welcome to the house." });
await teachSentence(base, { name: "brief", prompt: "Hello ->", answer: " Yes?" });
const batcher = openBatcher(base);

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request);
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
});
server.listen(port, host, () => {
  const address = server.address();
  const open = typeof address === "object" ? address?.port : port;
  console.log(`http://${host}:${open}/ with the adapters ${adapterNames(base.model).join(", ")}`);
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function answer(request: IncomingMessage): Promise<Answer> {
  // A page from elsewhere whose name was made to point here (DNS rebinding) sends its own name.
  const name = request.headers.host?.replace(/:\d+$/, "");
  if (name !== host && name !== "localhost") return refusal(403, "This server answers requests to 127.0.0.1 only.");
  if (request.method !== "POST") return refusal(405, 'Send { "prompt": "Hello ->", "adapter": "polite" } by POST.');
  try {
    return await complete(JSON.parse(await textOf(request)));
  } catch (error) {
    return refusal(400, error instanceof Error ? error.message : String(error));
  }
}

async function complete({ prompt, adapter = null }: { readonly prompt?: unknown; readonly adapter?: unknown }) {
  if (typeof prompt !== "string" || prompt === "") return refusal(400, '"prompt" must be a text.');
  const known = adapterNames(base.model);
  if (adapter !== null && !(typeof adapter === "string" && known.includes(adapter))) {
    return refusal(
      404,
      `There is no adapter ${JSON.stringify(adapter)}; there are ${known.join(", ")}, and null for none.`,
    );
  }
  const promptIds = base.encode(prompt);
  if (promptIds.length > longestPrompt) {
    return refusal(413, `The prompt has ${promptIds.length} tokens; at most ${longestPrompt} are taken.`);
  }
  return { status: 200, body: await batcher.complete({ promptIds, adapter }) };
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > longestBody) throw new Error(`The body has more than ${longestBody} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
