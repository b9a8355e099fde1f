// docs/model-families.md, made from the tables themselves: a change of a row that the page does not show fails here.
// `npx vitest run packages/contracts/src/families/model-families-page.test.ts -u` rewrites it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { families } from "./families.ts";
import type { ModelConfig } from "./family.ts";
import { ggufTableFor } from "./gguf/gguf-tables.ts";
import { onnxProblem } from "./onnx-problem.ts";

it("docs/model-families.md shows every family with its tasks and formats", async () => {
  await expect(page()).toMatchFileSnapshot("../../../../docs/model-families.md");
});

it("other pages count the families rightly", () => {
  const counts = /(\d+) model types|model types for training \| (\d+)|모델 종류 (\d+)가지|모델 종류 \| (\d+)/g;
  const guide = "docs/guides/from-onnxruntime-training-to-lowrank.md";
  for (const page of ["README.md", "README.ko.md", "docs/releases/0.1.0.md", guide]) {
    const text = readFileSync(new URL(`../../../../${page}`, import.meta.url), "utf8");
    const found = [...text.matchAll(counts)].map(([, ...numbers]) => numbers.find((number) => number !== undefined));
    expect(new Set(found), page).toEqual(new Set([`${families.length}`]));
  }
});

/** Well-known checkpoints on the Hugging Face Hub: type: names; type: names. */
const examples = new Map(
  `
  albert: albert/albert-base-v2; bart: facebook/bart-base;
  bert: google-bert/bert-base-uncased, sentence-transformers/all-MiniLM-L6-v2; bloom: bigscience/bloom-560m;
  camembert: almanach/camembert-base; clip: openai/clip-vit-base-patch32; clip_text_model: openai/clip-vit-base-patch32;
  clip_vision_model: openai/clip-vit-base-patch32; cohere2: CohereLabs/c4ai-command-r7b-12-2024; cohere2_moe: CohereLabs/command-a-plus-05-2026;
  deberta-v2: microsoft/deberta-v3-base; deit: facebook/deit-base-distilled-patch16-224; dinov2: facebook/dinov2-base;
  dinov2_with_registers: facebook/dinov2-with-registers-base; distilbert: distilbert/distilbert-base-uncased;
  electra: google/electra-base-discriminator; exaone: LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct; exaone4: LGAI-EXAONE/EXAONE-4.0-1.2B;
  falcon: tiiuae/falcon-7b; falcon_h1: tiiuae/Falcon-H1-0.5B-Instruct; gemma: google/gemma-2b; gemma2: google/gemma-2-2b-it; gemma3: google/gemma-3-4b-it;
  gemma3_text: google/gemma-3-270m-it; gemma3n: google/gemma-3n-E2B-it; glm4: zai-org/GLM-4-9B-0414; gpt2: openai-community/gpt2;
  gpt_bigcode: bigcode/gpt_bigcode-santacoder; gpt_neo: EleutherAI/gpt-neo-125m; gpt_neox: EleutherAI/pythia-160m;
  gpt_oss: openai/gpt-oss-20b; gptj: EleutherAI/gpt-j-6b; granite: ibm-granite/granite-3.3-2b-instruct; granitemoehybrid: ibm-granite/granite-4.0-h-350m;
  hyperclovax: naver-hyperclovax/HyperCLOVAX-SEED-Think-14B; lfm2: LiquidAI/LFM2-350M;
  llama: meta-llama/Llama-3.2-1B-Instruct, HuggingFaceTB/SmolLM2-135M-Instruct; m2m_100: facebook/nllb-200-distilled-600M;
  marian: Helsinki-NLP/opus-mt-en-de; mbart: facebook/mbart-large-50; ministral: mistralai/Ministral-8B-Instruct-2410;
  mistral: mistralai/Mistral-7B-Instruct-v0.3; mixtral: mistralai/Mixtral-8x7B-Instruct-v0.1;
  modernbert: answerdotai/ModernBERT-base; mpnet: sentence-transformers/all-mpnet-base-v2; mt5: google/mt5-small;
  nomic_bert: nomic-ai/nomic-embed-text-v1.5; olmo: allenai/OLMo-1B-hf; olmo2: allenai/OLMo-2-0425-1B;
  olmo3: allenai/Olmo-3-7B-Instruct; opt: facebook/opt-125m;
  paligemma: google/paligemma-3b-pt-224, google/paligemma2-3b-pt-224; pegasus: google/pegasus-xsum; phi: microsoft/phi-2;
  phi3: microsoft/Phi-3.5-mini-instruct, microsoft/phi-4; qwen2: Qwen/Qwen2.5-0.5B-Instruct; qwen2_moe: Qwen/Qwen1.5-MoE-A2.7B;
  qwen3: Qwen/Qwen3-0.6B; qwen3_5: Qwen/Qwen3.5-0.8B; qwen3_5_text: Qwen/Qwen3.5-0.8B; qwen3_moe: Qwen/Qwen3-30B-A3B; qwen3_vl: Qwen/Qwen3-VL-2B-Instruct;
  roberta: FacebookAI/roberta-base; siglip: google/siglip-base-patch16-224; siglip_text_model: google/siglip-base-patch16-224;
  siglip_vision_model: google/siglip-base-patch16-224; smollm3: HuggingFaceTB/SmolLM3-3B; stablelm: stabilityai/stablelm-2-1_6b;
  starcoder2: bigcode/starcoder2-3b; swin: microsoft/swin-tiny-patch4-window7-224; t5: google-t5/t5-small, google/flan-t5-base;
  umt5: google/umt5-small; vit: google/vit-base-patch16-224; whisper: openai/whisper-tiny; xglm: facebook/xglm-564M;
  xlm-roberta: FacebookAI/xlm-roberta-base
`
    .split(";")
    .map((entry) => entry.trim().split(": ") as [string, string]),
);

function page(): string {
  const sorted = [...families].sort((one, other) => (one.modelType < other.modelType ? -1 : 1));
  const tested = testedShapes();
  return [
    "# Model families",
    "",
    "<!-- Made from the tables in packages/contracts/src/families by model-families-page.test.ts there, which says how. -->",
    "",
    "The supported values of `model_type` in config.json. A model of another type is refused, with its nearest relative, if it has",
    "one. A key of config.json whose value would change the result in a way that is not computed is refused by name.",
    "",
    "- **For example**: checkpoints on the Hugging Face Hub. The tests use small models of the same types.",
    "- **Tasks**: heads, as in `--task`. The class in `architectures` selects one.",
    "- **GGUF**: llama.cpp's files are read and written.",
    "- **ONNX**: `lowrank export --to onnx` writes the model for transformers.js.",
    "- **Images**: the model reads images.",
    "- **Tested**: models of different shapes that the tests compare with transformers or PEFT, by logits and losses. Types with 0 are",
    "  part of another type's models.",
    "",
    "| `model_type` | for example | tasks | GGUF | ONNX | images | tested |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...sorted.map((family) => {
      const { modelType, architectures, config } = family;
      const hasGguf = ggufTableFor({ family, heads: 2, keyValueHeads: 1 } as ModelConfig) !== undefined;
      const isReader = config.sizes.imageSize !== undefined || config.imageToken !== undefined;
      const readsImages = isReader || /image/.test([...architectures.values()].join());
      const facts = [hasGguf, onnxProblem(family) === undefined, readsImages];
      const tasks = [...new Set(architectures.values())].join(", ");
      const marks = facts.map((is) => (is ? "yes" : "–")).join(" | ");
      return `| \`${modelType}\` | ${examples.get(modelType) ?? "–"} | ${tasks} | ${marks} | ${tested.get(modelType) ?? 0} |`;
    }),
    "",
    "## Rotary positions",
    "",
    "They differ from transformers 5.24 in two places. Every family reads `rope_scaling.type`, the old name of `rope_type`, as",
    "transformers 4 does; in families with two rotary bases (`gemma3_text`, `olmo3`), transformers 5 ignores it. `nomic_bert` uses",
    "`rotary_emb_base` if there is no `rope_theta`, as Nomic's own program does. `dynamic` scaling is computed up to",
    "`max_position_embeddings`; longer texts are refused.",
    "",
    "## Mixtures of experts and layers without attention",
    "",
    "Supported are the mixtures of Mixtral, Qwen, Cohere 2 and GPT-OSS, Qwen 3.5's linear attention (gated delta nets, Yang et al. 2024),",
    "the Mamba-2 layers of Granite 4 and Falcon H1 (Dao and Gu 2024) and LFM2's short convolutions. They have no ONNX form yet. The",
    "first Mamba's scan is missing (Jamba, Falcon Mamba), and so are the tables of other models with Mamba-2 (Bamba, Nemotron H). PEFT",
    "0.21.2 refuses adapters of Falcon H1's `out_proj`, so `all-linear` leaves it out.",
    "",
  ].join("\n");
}

/** The number of test models of each type, by the `model_type` in their folders. */
function testedShapes(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [path, file] of [
    ["../../../models/fixtures", "config.json"],
    ["../../../../fixtures/peft", "base/config.json"],
    ["../../../../fixtures/family-features", "base/config.json"],
  ]) {
    const folder = new URL(`${path}/`, import.meta.url);
    const configs = readdirSync(folder).map((name) => new URL(`${name}/${file}`, folder));
    for (const config of configs.filter((url) => existsSync(url))) {
      const type: string = JSON.parse(readFileSync(config, "utf8")).model_type;
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
  }
  return counts;
}
