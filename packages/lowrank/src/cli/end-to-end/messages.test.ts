// Messages for beginners' mistakes: one row each, with the words that name the next step.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, tiny } from "./workspace.ts";

const pair = { prompt: "a", completion: "b" };

const work = makeWorkspace();
beforeAll(async () => {
  const files: Readonly<Record<string, string>> = {
    "pair.jsonl": jsonl([pair]),
    "bread.csv": 'question,answer\nIs it sliced?,"Yes, on request."\nOn Sundays?,No.\n',
    "headless.csv": "The crust was perfect.,1\nCold and stale.,0\n",
    "broken.jsonl": `${JSON.stringify(pair)}\n{"prompt":"a" "completion":"b"}\n`,
    "empty.jsonl": "",
    "bread.txt": "hello\n",
    "bread.xlsx": "x",
    "recipe.yaml": `model: ${tiny}\ndata: [bread.csv]\nout: rec\nlearnRate: 1\n`,
  };
  for (const [name, text] of Object.entries(files)) work.write(name, text);
  await cp(fixture("gpt2", "adapter"), work.path("adapter"), { recursive: true });
  await mkdir(work.path("nothing"));
  await mkdir(work.path("gguf"));
  const gguf = await readFile(fileURLToPath(new URL("../../../fixtures/tiny.gguf", import.meta.url)));
  await writeFile(work.path("gguf", "tiny.gguf"), gguf);
  await writeFile(work.path("other.gguf"), Buffer.from(gguf.toString("latin1").replaceAll("llama", "lamma"), "latin1"));
});

/** A command as it is typed in the workspace: a word that begins with "./" is a file there, TINY the small model. */
const typed: readonly (readonly [command: string, code: number, words: string | RegExp])[] = [
  ["tain --model TINY", 2, "(Did you mean train?)"],
  ["train", 2, "--model <path> and --data <files...> and --out <path> are missing"],
  ["train --model TINY --data ./pair.jsonl", 2, "--out <path> is missing"],
  ["merge --adapter ./adapter", 2, "--out <path> is missing"],
  ["generate ./adapter", 2, "is not an option. generate takes options only"],
  ["generate --adaptor ./adapter", 2, "(Did you mean --adapter?)"],
  ["generate --model TINY", 2, "There is no prompt. Give --prompt, or --prompts with a file"],
  ["generate --model TINY --prompt a --temperature -1", 2, "Expected a number, at least 0."],
  ["generate --model ./adapter --prompt a", 1, "is an adapter. Pass it as --adapter"],
  ["generate --adapter ./nowhere --prompt a", 1, "Expected: a folder with adapter_config.json"],
  ["generate --model ./nothing --prompt a", 1, "config.json"],
  ["generate --prompt a", 2, "--model is missing: name a base, or an adapter that remembers its base with --adapter"],
  ["train --model TINY --data ./bred.csv --out ./o", 1, 'Data files in that folder: "bread.csv"'],
  ["train --model TINY --data ./bread.csv --out ./o", 1, 'use --columns "prompt=question,completion=answer"'],
  ["train --model TINY --data ./headless.csv --out ./o", 1, "--header"],
  [
    "train --model TINY --data ./bread.csv --out ./o --columns prompt=questoin,completion=answer",
    1,
    'Did you mean --columns "prompt=question,completion=answer"?',
  ],
  ["train --model TINY --data ./broken.jsonl --out ./o", 1, /1 line is broken[\s\S]*line 2/],
  ["train --model TINY --data ./empty.jsonl --out ./o", 1, "it has no rows"],
  ["train --model TINY --data ./bread.txt --out ./o", 1, 'Convert plain text to a .jsonl file with a row {"text"'],
  ["train --model TINY --data ./bread.xlsx --out ./o", 1, "Save the table as CSV."],
  ["train --model TINY --data ./pair.jsonl --out ./o --steps ten", 2, "Expected a whole number, at least 1."],
  [
    "train --model TINY --data ./pair.jsonl --out ./o --target-modules query",
    1,
    "modules end with embed_tokens, q_proj",
  ],
  ["train --model TINY --data ./pair.jsonl --out ./adapter", 1, "Choose another --out, or add --overwrite"],
  ["train --model TINY --data ./pair.jsonl --out ./o --load-in-4bit", 2, "(Here it is called --base-precision nf4.)"],
  ["train --recipe ./recipe.yaml", 2, "did you mean learningRate?"],
  ["train --recipe ./nope.yaml", 1, "lowrank init writes one"],
  ["evaluate --data ./pair.jsonl", 2, "--model is missing"],
  ["predict --model TINY --text a", 1, /Predicting needs a head for classes[\s\S]*use generate to write text/],
  ["predict --model TINY --text a --out ./p.txt", 2, "End it in .jsonl or .csv"],
  ["serve --model TINY --port 99999", 2, "at most 65535"],
  ["inspect ./bread.csv", 1, "To see rows of data, run lowrank data preview."],
  ["inspect ./nothing", 1, "neither an adapter nor a model"],
  ["inspect ./gguf", 0, "general.architecture"],
  ["inspect ./other.gguf", 0, /warning: .*"lamma"/],
  ["train --model ./other.gguf --data ./pair.jsonl --out ./o", 1, /"lamma"/],
  ["init", 2, "In scripts, write the recipe as a file"],
];

describe("a mistake", () => {
  it.each(typed)("%s ends with %i and explains the next step", async (command, code, words) => {
    const argv = command.split(" ").map((word) => {
      if (word === "TINY") return tiny;
      return word.startsWith("./") ? work.path(word.slice(2)) : word;
    });
    const call = await work.call(...argv);
    expect(call.stderr + call.stdout).toMatch(words);
    expect(call.code).toBe(code);
    expect(call.stderr.replace(/\{.*\}/g, ""), "options as they are typed").not.toMatch(/`[a-z]+[A-Z]\w*`/);
  });
});
