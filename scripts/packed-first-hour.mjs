// What a person types in the first hour, from rows to a server, by npx. check-packages.mjs runs it where the tarballs are installed.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const base = "node_modules/@lowrank/tiny-model/model";
const npx = process.platform === "win32" ? "npx.cmd" : "npx";
const rows = [
  { prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." },
  { prompt: "name[The Mill] ->", completion: " The Mill is a pub." },
];
writeFileSync("rows.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
writeFileSync("mood.csv", "text,label\nThe crust was perfect,happy\nStale and cold,angry\n");
const some = ["--target-modules", "all-linear", "--steps", "8", "--learning-rate", "0.01"];

lowrank("doctor");
expectText(
  lowrank("train", "--model", base, "--data", "rows.jsonl", "--out", "mine", ...some),
  "try: npx lowrank generate",
);
expectText(lowrank("evaluate", "--adapter", "mine", "--data", "rows.jsonl"), "perplexity");
const text = lowrank("generate", "--adapter", "mine", "--prompt", "name[Aromi] ->", "--max-new-tokens", "8");
expectText(chat("name[Aromi] ->\n/adapter none\n/exit\n"), '"type":"answer"');
lowrank("train", "--model", base, "--data", "mood.csv", "--out", "mood", ...some);
expectText(lowrank("predict", "--adapter", "mood", "--text", "The rolls were perfect"), '"prediction":');
lowrank("merge", "--adapter", "mine", "--out", "merged");
const merged = lowrank("generate", "--model", "merged", "--prompt", "name[Aromi] ->", "--max-new-tokens", "8");
if (merged !== text) throw new Error(`the merged model writes ${merged}, the adapter ${text}`);
lowrank("export", "--adapter", "mine", "--out", "mine.gguf");
if (!existsSync("mine.gguf")) throw new Error("export wrote no file");
expectText(await served(), "completion_tokens");

function lowrank(...args) {
  return execFileSync(npx, ["--no-install", "lowrank", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function chat(input) {
  const args = [
    "--no-install",
    "lowrank",
    "chat",
    "--adapter",
    "mine",
    "--template",
    "vicuna",
    "--max-new-tokens",
    "4",
    "--json",
  ];
  return execFileSync(npx, args, { encoding: "utf8", input });
}

/** What a client is answered by the adapter. */
async function served() {
  const args = [
    "node_modules/lowrank/dist/lowrank.js",
    "serve",
    "--model",
    base,
    "--adapter",
    "mine=mine",
    "--port",
    "0",
    "--json",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const response = await fetch(`${JSON.parse(line).url}/v1/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "mine", prompt: "name[Aromi] ->", max_tokens: 8, temperature: 0 }),
      });
      return await response.text();
    }
    throw new Error("the server ended before it served");
  } finally {
    child.kill("SIGKILL");
  }
}

function expectText(output, words) {
  if (!output.includes(words)) throw new Error(`expected "${words}" in: ${output}`);
}
