// Which files of a Hub repository a command needs. A repository often holds the same weights five times over
// (PyTorch, TensorFlow, Flax, ONNX, GGUF); only one copy, in safetensors, is fetched.

import { HubError } from "../../errors/model-errors.ts";
import { named } from "../../errors/named-option.ts";

/** What is to be opened: a model folder or an adapter folder. */
export type HubContent = "model" | "adapter";

const tokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];
const modelFiles = ["config.json", "generation_config.json", ...tokenizerFiles];
const adapterFiles = ["adapter_config.json", "adapter_model.safetensors", "README.md", ...tokenizerFiles];
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/;

/** Chooses from a repository's file names those to download; throws a HubError when the needed ones are absent. */
export function planDownload(repository: string, content: HubContent, paths: readonly string[]): readonly string[] {
  const present = new Set(paths);
  const required = content === "model" ? "config.json" : "adapter_config.json";
  if (!present.has(required)) throw new HubError(repository, absence(content, present));
  if (content === "adapter") return requireWeights(repository, adapterFiles, present, "adapter_model.safetensors");
  if (present.has("model.safetensors")) {
    return requireWeights(repository, [...modelFiles, "model.safetensors"], present, "model.safetensors");
  }
  const shards = paths.filter((path) => shard.test(path)).sort();
  const index = "model.safetensors.index.json";
  return requireWeights(repository, [...modelFiles, index, ...shards], present, index);
}

function requireWeights(
  repository: string,
  wanted: readonly string[],
  present: ReadonlySet<string>,
  weights: string,
): readonly string[] {
  if (present.has(weights)) return wanted.filter((path) => present.has(path));
  const others = [...present].filter((path) => /\.(bin|pt|pth|ckpt|h5|msgpack)$/.test(path));
  const advice =
    others.length > 0
      ? `it has ${others.slice(0, 3).join(", ")} but no safetensors; convert it in Python with ` +
        "model.save_pretrained(folder, safe_serialization=True) and pass that folder."
      : "it has no safetensors weights.";
  throw new HubError(repository, advice);
}

function absence(content: HubContent, present: ReadonlySet<string>): string {
  if (content === "model" && present.has("adapter_config.json")) {
    return `it is an adapter, not a model: pass its base as ${named("model")} and this repository as ${named("adapter")}.`;
  }
  if (content === "adapter" && present.has("config.json")) {
    return `it is a model, not an adapter: pass it as ${named("model")}.`;
  }
  return content === "model" ? "it has no config.json." : "it has no adapter_config.json.";
}
