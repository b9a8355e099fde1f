// docs/model-families.md, made from the tables themselves: a change of a row that the page does not show fails here.
// `npx vitest run packages/contracts/src/families/model-families-page.test.ts -u` writes it anew.

import { expect, it } from "vitest";
import { mathsKeys } from "./config/common-keys.ts";
import type { ConfigTable, FixedKey, RotatingLayers } from "./config-table.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

it("docs/model-families.md shows every family, its heads and its keys", async () => {
  await expect(page()).toMatchFileSnapshot("../../../../docs/model-families.md");
});

function page(): string {
  const sorted = [...families].sort((one, other) => (one.modelType < other.modelType ? -1 : 1));
  return [
    "# Model families",
    "",
    "<!-- Made from the tables in packages/contracts/src/families by model-families-page.test.ts there, which says how. -->",
    "",
    "What `config.json` may say, family by family. Every row here is compared with transformers by `npm run parity` or by the",
    "package's own fixtures. A model of another `model_type` is refused with the name of its nearest relative, if it has one, and a",
    "list of these.",
    "",
    "## Heads",
    "",
    "transformers' classes, as `architectures` names them.",
    "",
    "| `model_type` | classes |",
    "| --- | --- |",
    ...sorted.map(({ modelType, architectures }) => `| \`${modelType}\` | ${[...architectures.keys()].join(", ")} |`),
    "",
    "## Keys that are read",
    "",
    "| `model_type` | keys |",
    "| --- | --- |",
    ...sorted.map(({ modelType, config }) => `| \`${modelType}\` | ${keysOf(config).map(code).join(" ")} |`),
    "",
    "`rope_parameters`, `rope_theta` and `rope_scaling` are read where positions are rotations; `num_labels`, `id2label`, `label2id`,",
    "`problem_type`, `tie_word_embeddings` and the ids of special tokens everywhere.",
    "",
    "Rotary positions differ from transformers 5.24 in two places. `rope_scaling.type`, the old name of `rope_type`, counts in every",
    "family, as in transformers 4; transformers 5 ignores it where layers rotate at two speeds (`gemma3_text`, `olmo3`) and then does not",
    "stretch positions at all. `rotary_emb_base` of `nomic_bert`, which Nomic's own program reads, counts where there is no `rope_theta`.",
    "As in transformers 5, YaRN's `truncate` has no effect where layers rotate at two speeds. `dynamic` is computed up to",
    "`max_position_embeddings`; longer texts are refused.",
    "",
    "## Keys of which some values are computed",
    "",
    "Any other value changes the mathematics and is an error that names the key; an absent key is always fine. Keys of no table",
    "that are not known to be harmless are told in one warning.",
    "",
    "| key | computed | otherwise | only in |",
    "| --- | --- | --- | --- |",
    ...mathsKeys.map((row) => fixedRow(row, "all that do not read it")),
    ...sorted.flatMap(({ modelType, config }: Family) =>
      (config.fixed ?? []).map((row) => fixedRow(row, code(modelType))),
    ),
    "",
    "## What is not there: some layers without attention",
    "",
    "Qwen 3.5's layers with a memory in place of attention (gated delta nets, Yang et al. 2024) are computed in chunks, LFM2's short",
    "convolutions as well. What others of their kind would take:",
    "",
    "- **Qwen 3.5's mixtures, Qwen3-Next**: the same nets with a mixture and a shared expert behind them, both of which are here (Qwen 2",
    "  MoE): a file of rows each. Qwen3-Next has the nets' five maps in two, sorted by head of keys, which adapters name so.",
    "- **LFM2 MoE**: LFM2 with a router that chooses by sigmoids and a bias that no gradient reaches, in front of experts that are here.",
    "- **Mamba, Mamba 2 and relatives** (Falcon H1, Jamba, Granite 4): a scan of their own; none of its parts is here but the convolution.",
    "",
  ].join("\n");
}

function keysOf(config: ConfigTable): readonly string[] {
  const { sizes, stages, activation, normEpsilon, dropouts, switches = {}, scalars = {}, window, rotary } = config;
  const turns =
    typeof rotary === "object"
      ? [
          ...(rotary.thetaKeys ?? []),
          rotary.share?.key,
          rotary.features?.key,
          rotary.local?.key,
          ...layerKeys(rotary.layers),
        ]
      : [];
  const windows = window === undefined ? [] : [window.size.key, window.enabledBy, ...windowKeys(window.layers)];
  const keys = [
    ...Object.values(sizes).flatMap((row) => ("keys" in row ? row.keys : [])),
    ...(stages === undefined ? [] : [...stages.layers.keys, ...stages.heads.keys]),
    activation.key,
    activation.otherKey,
    normEpsilon.key,
    normEpsilon.otherKey,
    ...Object.values(dropouts).flatMap(({ keys }) => keys),
    ...Object.values(switches).map(({ key }) => key),
    ...Object.values(scalars).map(({ key }) => key),
    ...windows,
    ...turns,
  ];
  return [...new Set(keys.filter((key) => key !== undefined))];
}

function layerKeys(layers: RotatingLayers | undefined): readonly string[] {
  return typeof layers === "object" ? [layers.list, layers.butEvery] : [];
}

function windowKeys(layers: NonNullable<ConfigTable["window"]>["layers"]): readonly string[] {
  if (typeof layers === "string") return ["layer_types"];
  const { alternatingBelow, from, types, butEvery } = {
    ...{ alternatingBelow: undefined, from: undefined, types: undefined, butEvery: undefined },
    ...layers,
  };
  const keys = [alternatingBelow, from, types, butEvery];
  return ["layer_types", ...keys.filter((key) => key !== undefined && key !== null)];
}

function fixedRow({ key, values, effect, task }: FixedKey, where: string): string {
  const computed = values.map((value) => code(JSON.stringify(value))).join(" ") || "none";
  return `| ${code(key)} | ${computed} | ${effect} | ${where}${task === undefined ? "" : `, ${task}`} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
