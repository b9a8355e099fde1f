// Where a --model or --adapter is: on disk, or on the Hugging Face Hub.

import { stat } from "node:fs/promises";
import { PathNotFoundError } from "../errors.ts";
import { downloadFromHub, repositoryPattern } from "../hub/download.ts";
import type { HubContent } from "../hub/plan-download.ts";
import type { Report } from "../terminal/report.ts";

/** The path of a model or adapter; "owner/name" is downloaded unless there is such a folder. Throws HubError. */
export async function locate(path: string, content: HubContent, report: Report): Promise<string> {
  const exists = (await stat(path).catch(() => undefined)) !== undefined;
  if (exists) return path;
  if (!repositoryPattern.test(path) || path.startsWith(".")) {
    throw new PathNotFoundError(`--${content}`, path, expectations[content]);
  }
  const { fetch, environment } = report.io;
  const token = environment.HF_TOKEN;
  const access = {
    ...(fetch === undefined ? {} : { fetch }),
    ...(token?.startsWith("hf_") ? { accessToken: token } : {}),
  };
  return downloadFromHub(path, content, { report, access });
}

const expectations = {
  model: "a folder with config.json and model.safetensors, a .gguf file, or owner/name on the Hugging Face Hub",
  adapter: "a folder with adapter_config.json and adapter_model.safetensors, or owner/name on the Hugging Face Hub",
} as const;
