// Whether lowrank wrote a file: adapters and pictures may be replaced, a model's weights not.

import { GgufError, openGguf } from "@lowrank/gguf";
import { openSafetensors, SafetensorsError } from "@lowrank/safetensors";
import type { ByteSource } from "@lowrank/safetensors/internal";
import { openFile } from "@lowrank/safetensors/node";

/** Tensor names of adapters for Kohya's programs or for loralib. */
const ofAdapter = /\.(lora_(down|up)\.weight|alpha|[a-z]+_scale|lora_[AB]|bias)$/;

/** Whether "lowrank export" or "lowrank diff" wrote it. An empty file may also be replaced. */
export async function isOurFile(path: string): Promise<boolean> {
  const source = await openFile(path);
  try {
    return source.size === 0 || (await isAdapter(source)) || (await isGgufAdapter(source)) || (await isPicture(source));
  } finally {
    await source.close();
  }
}

/** Pages and pictures of a comparison have a marker at their start. */
async function isPicture(source: ByteSource): Promise<boolean> {
  const start = new TextDecoder().decode(await source.read(0, Math.min(source.size, 1000)));
  return start.includes("<!-- lowrank diff -->");
}

async function isAdapter(source: ByteSource): Promise<boolean> {
  try {
    const { tensors } = await openSafetensors(source);
    const names = [...tensors.keys()];
    return names.length > 0 && names.every((name) => ofAdapter.test(name));
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

async function isGgufAdapter(source: ByteSource): Promise<boolean> {
  try {
    return (await openGguf(source)).metadata.get("general.type") === "adapter";
  } catch (error) {
    if (error instanceof GgufError) return false;
    throw error;
  }
}
