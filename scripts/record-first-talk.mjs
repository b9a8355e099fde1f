// node scripts/record-first-talk.mjs [model folder] [--check]: writes docs/first-talk.md, what a terminal shows of train → chat → serve,
// by running them. Without a folder the model comes from the Hub. With --check nothing is written: it fails where the page shows
// something else than is shown now, but for numbers, which are another machine's, and what the base says by itself.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs/first-talk.md");
const [given] = process.argv.slice(2).filter((argument) => argument !== "--check");
const isCheck = process.argv.includes("--check");
const model = given === undefined ? "HuggingFaceTB/SmolLM2-135M-Instruct" : resolve(given);
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
rmSync(work, { recursive: true, force: true });
const recorded = `# From rows to a server

What a terminal shows, recorded by \`node scripts/record-first-talk.mjs\` and not edited but for paths. \`pirate.jsonl\` has
${rows.length} conversations:

\`\`\`json
${JSON.stringify(rows[0])}
\`\`\`

${sections.join("\n")}`;
if (isCheck) compare(readFileSync(page, "utf8"));
else writeFileSync(page, recorded);

/** Throws where a line of the page is not as it was recorded. */
function compare(shown) {
  const [now, then] = [recorded, shown].map((text) => withoutBase(text).split("\n").map(withoutNumbers));
  const differing = then.findIndex((line, index) => line !== now[index]);
  if (differing < 0 && then.length === now.length) return;
  const line = differing < 0 ? Math.min(then.length, now.length) : differing;
  throw new Error(
    `docs/first-talk.md is old: its line ${line + 1} is\n  ${then[line]}\nand now it would be\n  ${now[line]}\n` +
      `Record it anew: node scripts/record-first-talk.mjs ${given ?? ""}`,
  );
}

/** What the base says by itself is a text of which a rounding may change a word. */
function withoutBase(text) {
  return text.replace(/(> \/retry\n)[\s\S]*?(\n>\n)/, "$1…$2");
}

/** Times, losses and names made by chance; columns are as wide as their numbers. */
function withoutNumbers(line) {
  const named = line.replace(/chatcmpl-[-0-9a-f]+/, "chatcmpl-#");
  const masked = named.replace(/\d[\d.,]*(e-\d+)?/g, "#").replace(/(# h )?(# min )?# s\b/, "# s");
  return masked.replace(/ +/g, " ");
}

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
  const options =
    "--data pirate.jsonl --out ./pirate --target-modules all-linear --steps 40 --learning-rate 0.002 --batch-size 4";
  const shown = run(["train", "--model", model, ...options.split(" ")]);
  return section("Train", `lowrank train --model ${shownModel} ${options}`, shown);
}

function chat() {
  const lines = ["Who are you?", "/adapter none", "/retry"];
  const asked = ["chat", "--model", model, "--adapter", "pirate=./pirate", "--max-new-tokens", "40"];
  const answers = run(asked, lines.map((line) => `${line}\n`).join(""))
    .trimEnd()
    .split("\n");
  const [first, ...second] = answers;
  const shown = [`> ${lines[0]}`, first, `> ${lines[1]}`, `> ${lines[2]}`, ...second, ">"].join("\n");
  return section("Talk", `lowrank chat --model ${shownModel} --adapter pirate=./pirate --max-new-tokens 40`, shown);
}

async function serve() {
  const args = ["serve", "--model", model, "--name", shownModel, "--adapter", "pirate=./pirate", "--port", "0"];
  const child = spawn("node", [...program, ...args], { cwd: work, stdio: ["ignore", "pipe", "ignore"] });
  let shown = "";
  for await (const line of createInterface({ input: child.stdout })) {
    shown += `${line}\n`;
    break;
  }
  const body = { model: "pirate", messages: [turn("user", "Where is the treasure?")], temperature: 0, max_tokens: 40 };
  // The recording's port is a free one; who types the line has the usual one.
  const [url] = /http:\S+/.exec(shown) ?? [];
  shown = shown.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:8000");
  const curl = `curl http://127.0.0.1:8000/v1/chat/completions -H "content-type: application/json" -d '${JSON.stringify(body)}'`;
  const response = await fetch(`${url}/chat/completions`, {
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
