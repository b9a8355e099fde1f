// Whether a variant of LoRA lives in a place of its own: prints which source files name it besides its folder, its row and its
// facts, and fails where there are more than two. See docs/adding-a-variant.md.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Most files that may name a variant besides its own. */
const most = 2;

/** Tables that name every variant, and PEFT's fields, typed and one by one. */
const tables = [
  "packages/inject/src/variants/variants.ts",
  "packages/adapter-format/src/variants/variants.ts",
  "packages/adapter-format/src/variants/starts.ts",
  "packages/adapter-format/src/config/lora-fields.ts",
  "packages/adapter-format/src/lora-config.ts",
  "packages/math/src/starts/initializations.ts",
];

/** `says`: what names it, in code, in comments and in files. `own`: its files, and folders that end with a slash. */
const variants = [
  {
    name: "DoRA",
    says: /dora(?![a-z])|lora_magnitude/i,
    own: [
      "packages/inject/src/variants/dora/",
      "packages/adapter-format/src/variants/dora.ts",
      "packages/math/src/adaptations/dora-adaptation.ts",
    ],
  },
  {
    name: "lora_bias",
    says: /lora_?bias|lora_B[._]bias|BiasedAdaptation/i,
    own: [
      "packages/inject/src/variants/lora-bias/",
      "packages/adapter-format/src/variants/lora-bias.ts",
      "packages/math/src/adaptations/biased-adaptation.ts",
    ],
  },
  {
    name: "KaSA",
    says: /kasa|lora_diag/i,
    own: ["packages/inject/src/variants/kasa/", "packages/adapter-format/src/variants/kasa.ts"],
  },
  {
    name: "BD-LoRA",
    says: /bd-?lora|blockDiagonal|blockVerdict|spreadBlocks/i,
    own: ["packages/inject/src/variants/bd-lora/", "packages/adapter-format/src/variants/bd-lora.ts"],
  },
  {
    name: "aLoRA",
    says: /(?<!q)alora|activated.?(lora|adapt)|activationTokens|invocation.?(tokens|missing)/i,
    own: [
      "packages/inject/src/variants/activated-lora/",
      "packages/adapter-format/src/variants/activated-lora.ts",
      "packages/lowrank/src/rows/rows-it-acts-on.ts",
    ],
  },
  { name: "MiCA", says: /\bmica\b/i, own: ["packages/math/src/starts/mica.ts"] },
  {
    name: "VeLoRA",
    says: /velora/i,
    own: ["packages/inject/src/variants/velora/", "packages/adapter-format/src/variants/velora.ts"],
  },
  { name: "QALoRA", says: /qalora/i, own: ["packages/adapter-format/src/variants/qalora.ts"] },
  { name: "Arrow", says: /arrow_?config|arrowVariant/i, own: ["packages/adapter-format/src/variants/arrow.ts"] },
];

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "packages"))
  .flatMap((name) => filesUnder(join(root, "packages", name, "src")))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));

const rows = variants.map(({ name, says, own }) => {
  const naming = sources.filter(({ text }) => says.test(text)).map(({ path }) => path);
  const others = naming.filter((path) => !isTable(path) && !own.some((one) => path.startsWith(one)));
  return { name, own: naming.length - others.length, others };
});

for (const { name, own, others } of rows) {
  console.log(`${name.padEnd(10)} ${String(own).padStart(2)} of its own, ${others.length} others`);
  for (const path of others) console.log(`             ${path}`);
}
const scattered = rows.filter(({ others }) => others.length > most).map(({ name }) => name);
if (scattered.length > 0) {
  console.error(`Named in more than ${most} other files: ${scattered.join(", ")}. Let their rows answer instead.`);
  process.exitCode = 1;
}

/** A package's index lists its exports one by one. */
function isTable(path) {
  return tables.includes(path) || path.endsWith("/src/index.ts");
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
