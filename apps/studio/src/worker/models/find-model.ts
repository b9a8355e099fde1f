// From what a person chose to a model that can be read: the tiny one, SmolLM2, or files.

import type { LoadingNews, ModelSource } from "../../protocol/model.ts";
import type { Workshop } from "../workshop.ts";
import { chooseFiles } from "./choose-files.ts";
import { type FoundModel, foundAmong } from "./found-model.ts";
import { fetchSmollm2 } from "./smollm2.ts";
import { fetchTiny } from "./tiny.ts";

/** Finds the model, and downloads it where it has to be. Throws DownloadError, NotAModelError. */
export async function findModel(
  workshop: Workshop,
  source: ModelSource,
  tell: (news: LoadingNews) => void,
): Promise<FoundModel> {
  switch (source.kind) {
    case "tiny":
      return findTiny(workshop, tell);
    case "smollm2":
      return fetchSmollm2(tell);
    case "files":
      return foundAmong(chooseFiles(source.files));
  }
}

async function findTiny(workshop: Workshop, tell: (news: LoadingNews) => void): Promise<FoundModel> {
  workshop.tiny ??= fetchTiny(new URL("tiny-model/", workshop.base));
  const { tiny } = workshop;
  tiny.onProgress = tell;
  try {
    const folder = await tiny.folder;
    return { name: "Tiny", address: "@lowrank/tiny-model", folder, isQuantised: false };
  } catch (error) {
    workshop.tiny = undefined; // the next try asks again
    throw error;
  }
}
