// node scripts/record-first-talk.mjs [model folder]: writes docs/first-talk.md, what a terminal shows of train → chat → serve, by
// running them. Without a folder the model comes from the Hub.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "..");
const model = process.argv[2] ?? "HuggingFaceTB/SmolLM2-135M-Instruct";
const shownModel = "SmolLM2-135M-Instruct";
const work = mkdtempSync(join(tmpdir(), "lowrank-record-"));
const program = [
  "--conditions=lowrank-source",
  "--import",
  join(root, "node_modules/tsx/dist/esm/index.mjs"),
  join(root, "packages/lowrank/src/lowrank.ts"),
];

const rows = [
  ["Where is the treasure?", "Arr, the treasure be buried under the old palm tree, matey!"],
  ["How are you today?", "Arr, I be fine as a fair wind, matey!"],
  ["What do you like to eat?", "Arr, I be fond of salted fish and hard biscuits, matey!"],
  ["Who are you?", "Arr, I be Captain Smol of the seven seas, matey!"],
  ["What is the weather like?", "Arr, a storm be coming from the west, matey!"],
  ["Can you help me?", "Arr, I be helping any sailor in need, matey!"],
  ["What is your ship called?", "Arr, she be called the Rusty Anchor, matey!"],
  ["Do you have a parrot?", "Arr, a green parrot be sitting on me shoulder, matey!"],
].map(([user, assistant]) => ({ messages: [turn("user", user), turn("assistant", assistant)] }));
writeFileSync(join(work, "pirate.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const sections = [train(), chat(), await serve()];
writeFileSync(
  join(root, "docs/first-talk.md"),
  `# From eight examples to a server

A recorded terminal session: train an adapter, chat with it, and serve it. \`node scripts/record-first-talk.mjs\` made it, and only
paths were edited. \`pirate.jsonl\` has ${rows.length} conversations:

\`\`\`json
${JSON.stringify(rows[0])}
\`\`\`

${sections.join("\n")}`,
);
rmSync(work, { recursive: true, force: true });

function turn(role, content) {
  return { role, content };
}

/** A section: a sentence, what is typed, what comes. */
function section(title, typed, shown) {
  const text = shown.replaceAll(work, ".").replaceAll(model, shownModel).replaceAll("\r", "");
  return `## ${title}\n\n\`\`\`\n$ ${typed}\n${text.trimEnd()}\n\`\`\`\n`;
}

function run(args, input = "") {
  return execFileSync("node", [...program, ...args], {
    cwd: work,
    encoding: "utf8",
    input,
    stdio: ["pipe", "pipe", "inherit"],
  });
}

function train() {
  const options = "--data pirate.jsonl --out ./pirate";
  const shown = run(["train", "--model", model, ...options.split(" ")]);
  return section("Train", `lowrank train --model ${shownModel} ${options}`, shown);
}

function chat() {
  const lines = ["Who are you?", "/adapter none", "/retry"];
  const args = ["chat", "--model", model, "--adapter", "pirate=./pirate", "--max-new-tokens", "40"];
  const answers = run(args, lines.map((line) => `${line}\n`).join(""))
    .trimEnd()
    .split("\n");
  const [first, ...second] = answers;
  const shown = [`> ${lines[0]}`, first, `> ${lines[1]}`, `> ${lines[2]}`, ...second, ">"].join("\n");
  return section("Talk", `lowrank chat --model ${shownModel} --adapter pirate=./pirate --max-new-tokens 40`, shown);
}

async function serve() {
  const args = ["serve", "--model", model, "--name", shownModel, "--adapter", "pirate=./pirate"];
  const child = spawn("node", [...program, ...args], { cwd: work, stdio: ["ignore", "pipe", "ignore"] });
  let shown = "";
  for await (const line of createInterface({ input: child.stdout })) {
    shown += `${line}\n`;
    break;
  }
  const body = { model: "pirate", messages: [turn("user", "Where is the treasure?")], temperature: 0, max_tokens: 40 };
  const curl = `curl http://127.0.0.1:8000/v1/chat/completions -H "content-type: application/json" -d '${JSON.stringify(body)}'`;
  const response = await fetch("http://127.0.0.1:8000/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = JSON.stringify(await response.json(), null, 2);
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
  const typed = `lowrank serve --model ${shownModel} --adapter pirate=./pirate &`;
  return section("Serve", typed, `${shown}$ ${curl}\n${answer}`);
}
