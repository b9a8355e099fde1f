// Where a model or an adapter is: on disk, or on the Hugging Face Hub.

import { join } from "node:path";
import { AdapterAsModelError } from "../errors/model-errors.ts";
import { named } from "../errors/named-option.ts";
import { PathNotFoundError } from "../errors/usage-errors.ts";
import { parseHubName } from "../open/hub-name.ts";
import { exists } from "./exists.ts";
import { downloadFromHub } from "./hub/download.ts";
import type { HubContext } from "./hub/hub-access.ts";
import type { HubContent } from "./hub/plan-download.ts";

/**
 * The path of a model or adapter. A name of the Hub (see `parseHubName`) is downloaded unless there is such a folder, or at
 * least a folder "owner": then it is a mistyped path. Throws PathNotFoundError, AdapterAsModelError, HubError.
 */
export async function locate(path: string, content: HubContent, context: HubContext): Promise<string> {
  if (await exists(path)) {
    if (content === "model") await refuseAdapter(path);
    return path;
  }
  if (parseHubName(path) === undefined) {
    throw new PathNotFoundError(named(content), path, expectations[content]);
  }
  const [owner = ""] = path.split("/");
  if (await exists(owner)) {
    const advice = `${expectations[content]} (a folder "${owner}" is here, so the Hub was not asked)`;
    throw new PathNotFoundError(named(content), path, advice);
  }
  return downloadFromHub(path, content, context);
}

/** An adapter holds no model; it is the likeliest folder to be mistaken for one. */
async function refuseAdapter(path: string): Promise<void> {
  const [isAdapter, isModel] = await Promise.all([
    exists(join(path, "adapter_config.json")),
    exists(join(path, "config.json")),
  ]);
  if (isAdapter && !isModel) throw new AdapterAsModelError(path);
}

const expectations = {
  model:
    "a folder with config.json and model.safetensors, a .gguf file, or owner/name, owner/name@revision, owner/name/folder or owner/name/file.gguf on the Hugging Face Hub",
  adapter:
    "a folder with adapter_config.json and adapter_model.safetensors, a .safetensors file of Kohya or diffusers, a .gguf file of llama.cpp, or owner/name, owner/name@revision, owner/name/folder or owner/name/file.safetensors on the Hugging Face Hub",
} as const;
