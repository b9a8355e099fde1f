// In a page, what parity reads with Node's modules and the packages' entries for Node: files of the tests' server. `readsInPage` of
// cases-in-page.ts puts this module in their place.

import { type Adapter, readAdapter } from "@lowrank/adapter-format";
import { fetchedFolder } from "@lowrank/models/internal";
import { inject } from "vitest";

export const openFolder: typeof fetchedFolder = fetchedFolder;

export async function readAdapterFolder(folder: string): Promise<Adapter> {
  const config = await readFile(`${folder}/adapter_config.json`, "utf8");
  return readAdapter({ config, weights: await readFile(`${folder}/adapter_model.safetensors`) });
}

export function readFile(path: string): Promise<Uint8Array>;
export function readFile(path: string, encoding: "utf8"): Promise<string>;
export async function readFile(path: string, encoding?: "utf8"): Promise<Uint8Array | string> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return encoding === undefined ? new Uint8Array(await response.arrayBuffer()) : response.text();
}

export function readFileSync(path: string): string {
  const request = new XMLHttpRequest();
  request.open("GET", path, false);
  request.send();
  return request.responseText;
}

export function existsSync(path: string): boolean {
  return inject("parityFiles").some((file) => file === path || file.startsWith(`${path}/`));
}

export function readdirSync(folder: string) {
  const inside = inject("parityFiles").filter((file) => file.startsWith(`${folder}/`));
  const parts = inside.map((file) => file.slice(folder.length + 1).split("/"));
  const isFolder = new Map(parts.map(([name = "", ...rest]) => [name, rest.length > 0]));
  return [...isFolder].map(([name, isOne]) => ({ name, isDirectory: () => isOne }));
}

export function join(...parts: readonly string[]): string {
  return fileURLToPath(new URL(parts.join("/"), location.origin));
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function fileURLToPath({ pathname }: URL): string {
  return pathname;
}
