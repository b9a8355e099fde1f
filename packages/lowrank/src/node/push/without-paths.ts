// An adapter's texts for publication, without local paths of its base.

import { readFile } from "node:fs/promises";
import { isAbsolute, join, win32 } from "node:path";
import { parseJson } from "@lowrank/contracts/internal";
import { type NoticeOptions, noticesOf } from "../../notices.ts";
import { lastPart, parseHubName } from "../../open/hub-name.ts";
import { parseSetup, setupFile } from "../../setup/adapter-setup.ts";
import { pushError } from "./plan-push.ts";

/** The adapter's texts with the last part of the base's path only. Warns of a base that is not on the Hub. Throws PUSH. */
export async function withoutPaths(
  folder: string,
  target: string,
  options: NoticeOptions,
): Promise<ReadonlyMap<string, string>> {
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => undefined);
  const [config = "{}", card, setupText] = [
    await read("adapter_config.json"),
    await read("README.md"),
    await read(setupFile),
  ];
  const refuse = (reason: string) => pushError(folder, target, `its adapter_config.json ${reason}.`);
  const { base_model_name_or_path: base }: { base_model_name_or_path?: unknown } = Object(
    parseJson(config, { refuse }),
  );
  const { basePath, ...setup } = parseSetup(setupText);
  const name = typeof base === "string" ? base : "";
  const paths = [name, basePath ?? ""].filter(isPath);
  const withoutLocalPaths = (text: string) => paths.reduce(renamed, text);
  if (parseHubName(name) === undefined) {
    const message = `The adapter names the base ${JSON.stringify(isPath(name) ? lastPart(name) : (base ?? null))}, which is not a name on the Hub, so others cannot find it. Write the base's name on the Hub into adapter_config.json and README.md.`;
    noticesOf(options).warn({ code: "LOCAL_BASE", message });
  }
  return new Map([
    ["adapter_config.json", withoutLocalPaths(config)],
    ...(card === undefined ? [] : [["README.md", withoutLocalPaths(card)] as const]),
    ...(setupText === undefined ? [] : [[setupFile, `${JSON.stringify(setup, null, 2)}\n`] as const]),
  ]);
}

function isPath(text: string): boolean {
  return isAbsolute(text) || win32.isAbsolute(text) || /^\.+[\\/]/.test(text);
}

/** As plain text, and as JSON text, in which backslashes are doubled. */
function renamed(text: string, path: string): string {
  return text.replaceAll(JSON.stringify(path).slice(1, -1), lastPart(path)).replaceAll(path, lastPart(path));
}
