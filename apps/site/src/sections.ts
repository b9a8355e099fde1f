// The navigation: every page is in exactly one section. Paths are from the repository's root, and a path that ends in a slash
// means all pages directly in that folder. A page's title is its heading. `npm run docs` names a page that is missing here.

export interface Section {
  readonly title: string;
  /** Pages under their group's title; those under "" come first and have none. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

export const sections: readonly Section[] = [
  {
    title: "Start",
    groups: {
      "": [
        "README.md",
        "docs/first-talk.md",
        "examples/README.md",
        "docs/packages.md",
        "AGENTS.md",
        "docs/README.md",
        "README.ko.md",
      ],
    },
  },
  {
    title: "Guides",
    groups: {
      "": [
        "docs/guides/fine-tune-a-classifier-in-node.md",
        "docs/guides/fine-tune-a-chat-model-on-your-own-conversations.md",
        "docs/guides/fine-tune-in-the-browser.md",
        "docs/guides/embeddings-for-search.md",
        "docs/guides/dpo-on-a-laptop.md",
        "docs/guides/learn-from-rewards.md",
        "docs/guides/train-a-gguf-model-without-python.md",
        "docs/guides/lora-adapters-in-transformers-js-and-onnx-runtime.md",
        "docs/guides/lora-on-a-tensorflow-js-model.md",
        "docs/guides/serve-many-adapters.md",
        "docs/guides/openai-fine-tuning-locally.md",
        "docs/choose-rank-targets-rate.md",
        "docs/guides/quantised-base-little-memory.md",
        "docs/guides/when-training-goes-wrong.md",
        "docs/guides/migrate-a-peft-script-line-by-line.md",
        "docs/guides/from-onnxruntime-training-to-lowrank.md",
        "docs/eight-bits.md",
        "docs/preferences.md",
        "docs/distillation.md",
        "docs/several-adapters.md",
        "docs/onnx.md",
        "docs/models-of-your-own.md",
        "docs/many-machines.md",
        "apps/studio/README.md",
      ],
    },
  },
  {
    title: "Concepts",
    groups: {
      "": [
        "docs/guides/lora-in-ten-minutes.md",
        "docs/glossary.md",
        "docs/maths.md",
        "docs/claims.md",
        "docs/benchmarks.md",
        "docs/why-not-faster.md",
      ],
    },
  },
  {
    title: "Reference",
    groups: {
      "": [
        "docs/library.md",
        "docs/command-line.md",
        "docs/data-and-tasks.md",
        "docs/options.md",
        "docs/errors.md",
        "docs/json-lines.md",
        "docs/model-families.md",
        "FEATURES.md",
      ],
      Packages: [
        "packages/lowrank/README.md",
        "packages/models/README.md",
        "packages/inject/README.md",
        "packages/trainer/README.md",
        "packages/merge/README.md",
        "packages/data/README.md",
        "packages/serve/README.md",
        "packages/hosts/README.md",
        "packages/engine/README.md",
        "packages/math/README.md",
        "packages/adapter-format/README.md",
        "packages/safetensors/README.md",
        "packages/gguf/README.md",
        "packages/contracts/README.md",
        "packages/tiny-model/README.md",
      ],
      API: ["apps/site/api/"],
    },
  },
  {
    title: "Project",
    groups: {
      "": ["CONTRIBUTING.md", "ARCHITECTURE.md", "STYLE.md", "SECURITY.md"],
      "How to add": ["docs/adding-a-model-family.md", "docs/adding-a-variant.md"],
      "Measure and test": [
        "lab/benchmarks/README.md",
        "lab/experiments/README.md",
        "fuzz/README.md",
        "apps/first-run/README.md",
      ],
      Releases: ["docs/releases/"],
      Decisions: ["docs/decisions/"],
    },
  },
];

/** Names in the navigation for pages whose heading does not say what they are. */
export const labels: Readonly<Record<string, string>> = {
  "README.md": "What lowrank is",
  "README.ko.md": "한국어",
  "docs/README.md": "All pages",
};

/** Markdown in the folders above that is not a page: notes next to code and data. */
export const notPages = ["**/CHANGELOG.md", "packages/engine/bench/README.md"];
