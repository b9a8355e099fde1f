import { expect, it } from "vitest";
import { promptForms } from "../row-forms/prompt-forms.ts";
import { rowForms } from "../row-forms/row-forms.ts";
import { readJsonl } from "./read-jsonl.ts";

const name = "/etc/hostname";
const user = { role: "user", content: [{ type: "image", image: name }] };
const linked = { role: "user", content: [{ type: "image_url", image_url: { url: name } }] };
const turns = [user, linked, { role: "assistant", content: "A host." }];
const lists = { messages: turns, prompt: [user], completion: turns, chosen: turns, rejected: turns };
const shareGpt = turns.map(({ role, content: value }) => ({ from: role, value }));
/** For each field of a form a value with a file, if the field can have one; else any value that fits. */
const values: Readonly<Record<string, unknown>> = {
  ...lists,
  conversations: shareGpt,
  image: name,
  audio: { path: name },
  label: "true",
  answers: { text: [], answer_start: [] },
  input_ids: [1, 2],
  labels: [1, 2],
  start_positions: 0,
  end_positions: 1,
  score: 1,
  input_features: [[1]],
};

/** The names of files in an example. A prompt's row is what its file has, of which nothing is opened. */
function filesIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "row") return [];
    return (key === "image" || key === "audio") && typeof inner === "string" ? [inner] : filesIn(inner);
  });
}

const forms = [
  ...rowForms.map((form) => ({ ...form, asPrompts: false })),
  ...promptForms.map((form) => ({ ...form, asPrompts: true })),
];

it.each(forms)("a row of the form $name opens only files that `locate` gives", ({ keys, fields, asPrompts }) => {
  for (const names of fields.has("prompt") ? [keys, [...keys, "prompt"]] : [keys]) {
    const row = JSON.stringify(Object.fromEntries(names.map((key) => [key, values[key] ?? "text"])));
    const named = filesIn(readJsonl(row, { asPrompts }));
    expect(new Set(filesIn(readJsonl(row, { asPrompts, locate: (each) => `here:${each}` })))).toEqual(
      new Set(named.map((each) => `here:${each}`)),
    );
    const refused = () => readJsonl(row, { asPrompts, locate: () => undefined });
    if (named.length > 0) expect(refused).toThrow(`got the name or address the string "${name}"`);
    else expect(filesIn(refused())).toEqual([]);
  }
});

it("the rows above name files in every form that can", () => {
  const naming = forms.filter(({ keys, asPrompts }) => {
    const row = Object.fromEntries(keys.map((key) => [key, values[key] ?? "text"]));
    return filesIn(readJsonl(JSON.stringify(row), { asPrompts })).length > 0;
  });
  expect(naming.map(({ name: form }) => form)).toEqual([
    "messages",
    "conversations",
    "prompt/chosen/rejected",
    "prompt/completion/label (true or false)",
    "prompt/completion",
    "image/label",
    "audio/text",
    "messages",
    "conversations",
    "prompt",
  ]);
});
