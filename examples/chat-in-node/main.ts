// A chat in the terminal: each answer appears as it is written, and the conversation so far is its context. The tiny model
// writes like an old book and knows no chat; with the folder of a chat model, and perhaps of an adapter, it becomes one:
//   npm run chat-in-node --workspace examples -- ~/models/SmolLM2-135M-Instruct my-adapter

import { createInterface } from "node:readline";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext, noAdapters } from "@lowrank/contracts";
import { type ChatMessage, chatTemplate, openTokenizer, promptOf } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { attachAdapter } from "@lowrank/inject";
import { generateTokens, loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";

/** For a model without a chat template, in the same language (Jinja). */
const plainTemplate =
  "{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}" +
  "{% if add_generation_prompt %}assistant:{% endif %}";
const tinyModel = new URL("../../packages/tiny-model/model", import.meta.url).pathname;
const [path = tinyModel, adapterPath] = process.argv.slice(2);

const { name } = await chooseEngine();
const folder = openFolder(path);
const [model, tokenizer] = [await loadModel(folder), await openTokenizer(folder)];
if (adapterPath !== undefined) attachAdapter(model, await readAdapterFolder(adapterPath));
const context = inferenceContext(adapterPath === undefined ? noAdapters : activeAdapters("default"));
const { bosToken = "", eosToken = "" } = tokenizer;
const template = chatTemplate(tokenizer.chatTemplate ?? plainTemplate, { bosToken, eosToken });

const messages: ChatMessage[] = [];
const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "you> " });
console.log(`The engine is ${name}. Ctrl-D ends the chat.`);
lines.prompt();
for await (const line of lines) {
  messages.push({ role: "user", content: line });
  messages.push({ role: "assistant", content: await answer() });
  lines.prompt();
}

/** Writes the answer to the conversation so far, and returns it. */
async function answer(): Promise<string> {
  const prompt = promptOf(template.render({ kind: "chat", messages }));
  const promptIds = [tokenizer.encode(prompt, { addSpecialTokens: false })];
  const sampling = { temperature: 0.7, topP: 0.9, seed: messages.length };
  const stopStrings = { strings: ["\nuser:"], decode: (ids: readonly number[]) => tokenizer.decode(ids) };
  const ids: number[] = [];
  let shown = "";
  for await (const { id } of generateTokens(model, { promptIds, maxNewTokens: 60, sampling, stopStrings, context })) {
    ids.push(id);
    const text = tokenizer.decode(ids);
    if (text.endsWith("\ufffd")) continue; // half a character: its other bytes come with the next token
    process.stdout.write(text.slice(shown.length));
    shown = text;
  }
  process.stdout.write("\n");
  return shown.replace(/\nuser:$/, "").trim();
}
