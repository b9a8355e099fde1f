// Adapters from elsewhere: looked at and tried on the open model first, and kept only if they fit.

import type { Answerer } from "../answerer.ts";
import { attachFolder, detach } from "./attached.ts";
import { AdapterFilesError } from "./errors.ts";
import { fetchAdapter, repositoryIn } from "./fetch-adapter.ts";
import { keepAdapter } from "./keep-adapter.ts";
import { checkSize, checkWhole, mostBytes } from "./known-files.ts";
import { readZip } from "./read-zip.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

/** Larger zips are not opened. */
const mostZipBytes = 700_000_000;

/** Throws AdapterFilesError, AdapterRepositoryError, QuotaError, and what attaching does: a wrong base, broken tensors. */
export const addAdapter: Answerer<"addAdapter"> = async (workshop, ask) => {
  const { name, folder } = await ("repository" in ask ? fromHub(ask.repository) : fromFiles(ask.files));
  checkWhole(name, folder);
  const id = crypto.randomUUID();
  await attachFolder(workshop, { id, name, folder });
  try {
    return await keepAdapter(workshop, folder, { id, name, origin: "dropped" });
  } catch (error) {
    detach(workshop, id);
    throw error;
  }
};

interface NamedFolder {
  readonly name: string;
  readonly folder: AdapterFolder;
}

async function fromHub(given: string): Promise<NamedFolder> {
  const repository = repositoryIn(given);
  return { name: repository.split("/")[1] ?? repository, folder: await fetchAdapter(repository) };
}

async function fromFiles(files: readonly File[]): Promise<NamedFolder> {
  const zip = files.find(({ name }) => name.toLowerCase().endsWith(".zip"));
  if (zip !== undefined) {
    if (zip.size > mostZipBytes)
      throw new AdapterFilesError(zip.name, `it has ${zip.size} bytes, too many for an adapter`);
    const folder = readZip(zip.name, new Uint8Array(await zip.arrayBuffer()));
    return { name: zip.name.slice(0, -".zip".length), folder };
  }
  const known = files.filter(({ name }) => mostBytes.has(name));
  const given = files.length === 1 ? (files[0]?.name ?? "") : `The ${files.length} files`;
  for (const { name, size } of known) checkSize(given, name, size);
  const read = known.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())] as const);
  const folder = new Map(await Promise.all(read));
  checkWhole(given, folder);
  return { name: folderNameOf(known), folder };
}

/** Files that were dropped with their folder say its name. */
function folderNameOf([first]: readonly File[]): string {
  return first?.webkitRelativePath?.split("/").at(-2) ?? "Adapter"; // only browsers say
}
