// Updates the README.md of an adapter that is saved again. Text that a person wrote is kept. The front matter, which model hubs
// read, is updated as PEFT does.

import { LowrankError } from "@lowrank/contracts";
import { modelCard } from "./model-card.ts";
import { parseLoraConfig } from "./parse-lora-config.ts";

/** The files in the folder before the save. */
export interface EarlierCard {
  readonly card: string;
  /** Its adapter_config.json, if there is one. */
  readonly config: string | undefined;
}

/** Front matter, as model hubs recognize it. */
const frontMatter = /^\s*---(?:\r\n|\r|\n)([\s\S]*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|$)/;
const ofThisAdapter: ReadonlySet<string> = new Set(["base_model", "library_name"]);

/** The card to write. `fresh` is the new card; it is used if nobody edited the earlier one, because it states the new rank. */
export function updateModelCard(earlier: EarlierCard, fresh: string): string {
  if (isUnchanged(earlier)) return fresh;
  const match = frontMatter.exec(earlier.card);
  const text = match === null ? earlier.card : earlier.card.slice(match[0].length);
  const ours = entriesOf(frontMatter.exec(fresh)?.[1] ?? "");
  const entries = entriesOf(match?.[1] ?? "");
  for (const [key, lines] of ours) {
    const theirs = entries.get(key);
    if (theirs === undefined || ofThisAdapter.has(key)) entries.set(key, lines);
    else if (key === "tags") entries.set(key, joinedTags(theirs, lines));
  }
  return `---\n${[...entries.values()].flat().join("\n")}\n---\n${match === null ? "\n" : ""}${text}`;
}

function isUnchanged({ card, config }: EarlierCard): boolean {
  if (config === undefined) return false;
  const classes = /, num_labels=(\d+)\)/.exec(card)?.[1];
  try {
    return modelCard(parseLoraConfig(config), classes === undefined ? undefined : Number(classes)) === card;
  } catch (error) {
    if (LowrankError.isInstance(error)) return false;
    throw error;
  }
}

/** The lines of each top-level key of a YAML mapping. Lines before the first key, such as comments, are under the empty key. */
function entriesOf(yaml: string): Map<string, readonly string[]> {
  const entries = new Map<string, readonly string[]>();
  let current = "";
  for (const line of yaml === "" ? [] : yaml.split(/\r\n|\r|\n/)) {
    current = /^([A-Za-z_][\w-]*):/.exec(line)?.[1] ?? current;
    entries.set(current, [...(entries.get(current) ?? []), line]);
  }
  return entries;
}

/** Their tags and ours, without the base of the earlier adapter. A list in an unknown notation is kept unchanged. */
function joinedTags(theirs: readonly string[], ours: readonly string[]): readonly string[] {
  const [earlier, added] = [tagsOf(theirs), tagsOf(ours)];
  if (earlier === undefined || added === undefined) return theirs;
  const names = new Set(added.map(unquoted));
  const keptTags = earlier.filter((tag) => names.has(unquoted(tag)) || !unquoted(tag).startsWith("base_model:"));
  const tags = new Map([...keptTags, ...added].map((tag) => [unquoted(tag), tag]));
  return ["tags:", ...[...tags.values()].map((tag) => `- ${tag}`)];
}

/** The items as written: a block list, or a list in brackets on one line. */
function tagsOf([first = "", ...rest]: readonly string[]): readonly string[] | undefined {
  const inBrackets = /^tags:\s*\[([^[\]"'#]*)\]\s*$/.exec(first)?.[1];
  if (inBrackets !== undefined && rest.length === 0)
    return inBrackets.split(",").flatMap((tag) => (tag.trim() === "" ? [] : [tag.trim()]));
  const items = rest.filter((line) => line.trim() !== "").map((line) => /^\s*-\s+(\S.*)$/.exec(line)?.[1]?.trimEnd());
  if (!/^tags:\s*$/.test(first) || items.includes(undefined)) return undefined;
  return items.filter((item) => item !== undefined);
}

function unquoted(tag: string): string {
  return tag.replace(/^(["'])(.*)\1$/, "$2");
}
