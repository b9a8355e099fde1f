// Whether a variant of LoRA lives in a place of its own: prints which source files name it besides its folder, its row and its
// facts, and fails where there are more than two. See docs/adding-a-variant.md.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Most files that may name a variant besides its own. */
const max = 2;

/** Tables that name every variant; PEFT's, MLX's and Kohya's fields, typed and one by one; facts, which name what they exclude. */
const tables = [
  "packages/inject/src/variants/variants.ts",
  "packages/adapter-format/src/variants/",
  "packages/adapter-format/src/config/lora-fields.ts",
  "packages/adapter-format/src/lora-config.ts",
  "packages/adapter-format/src/formats/kohya/",
  "packages/adapter-format/src/formats/mlx/",
  "packages/math/src/inits/initializations.ts",
];

/** `pattern` finds its name in code, comments and files. `others`: further files of its own, besides its folder and its facts. */
const variants = [
  {
    name: "dora",
    pattern: /dora(?![a-z])|lora_magnitude/i,
    // An adapter taken out of two checkpoints is plain or a DoRA: that is the choice which "extract" gives.
    others: [
      "packages/math/src/adaptations/dora-adaptation.ts",
      "packages/merge/src/extract/",
      "packages/lowrank/src/cli/extract/",
    ],
  },
  {
    name: "lora-bias",
    pattern: /lora_?bias|lora_B[._]bias|BiasedAdaptation/i,
    others: ["packages/math/src/adaptations/biased-adaptation.ts"],
  },
  {
    name: "activated-lora",
    // Not QALoRA, AdaLoRA or GraLoRA.
    pattern: /(?<!q|ad|gr)alora|activated.?(lora|adapt)|activationTokens|invocation.?(tokens|missing)/i,
    others: ["packages/lowrank/src/rows/invocation-rows.ts"],
  },
  { name: "qalora", pattern: /qalora/i },
  { name: "bd-lora", pattern: /bd-?lora|blockDiagonal|blockVerdict|spreadBlocks/i },
  { name: "kasa", pattern: /kasa|lora_diag/i },
  { name: "arrow", pattern: /arrow_?config|arrowVariant/i },
  { name: "velora", pattern: /velora/i },
  { name: "monteclora", pattern: /monteclora/i },
  { name: "mica", pattern: /\bmica\b/i },
].map(({ name, pattern, others = [] }) => ({
  name,
  pattern,
  own: [`packages/inject/src/variants/${name}/`, ...others],
}));

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "packages"))
  .flatMap((name) => filesUnder(join(root, "packages", name, "src")))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => ({ path: relative(root, path), text: textOf(path) }));

const rows = variants.map(({ name, pattern, own }) => {
  const naming = sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
  const others = naming.filter((path) => !isTable(path) && !own.some((one) => path.startsWith(one)));
  return { name, own: naming.length - others.length, others };
});

for (const { name, own, others } of rows) {
  console.log(`${name.padEnd(14)} ${String(own).padStart(2)} of its own, ${others.length} others`);
  for (const path of others) console.log(`                 ${path}`);
}
const scattered = rows.filter(({ others }) => others.length > max).map(({ name }) => name);
if (scattered.length > 0) {
  console.error(`Named in more than ${max} other files: ${scattered.join(", ")}. Let their rows answer instead.`);
  process.exitCode = 1;
}

/** A package's index and its internal lists name their exports one by one. */
function isTable(path) {
  return tables.some((table) => path.startsWith(table)) || /\/src\/(index|internal)\.ts$/.test(path);
}

function filesUnder(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

/** Without programs in base64, in which every short name occurs at some time. */
function textOf(path) {
  return readFileSync(path, "utf8").replaceAll(/[A-Za-z0-9+/]{60,}/g, "");
}
