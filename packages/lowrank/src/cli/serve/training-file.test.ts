import { expect, it } from "vitest";
import { readTrainingFile } from "./training-file.ts";

const named = (image: unknown) => ({ role: "user", content: [{ type: "image", image }] });
const linked = { role: "user", content: [{ type: "image_url", image_url: { url: "https://host.example/a.png" } }] };
const [question, answer] = [
  { role: "user", content: "What?" },
  { role: "assistant", content: "That." },
];
const withPicture = { ...linked, role: "assistant" };
const file = "/etc/hostname";

it.each<readonly [kind: string, row: object]>([
  ["chat", { messages: [named(file), answer] }],
  ["chat with an address", { messages: [linked, answer] }],
  ["chat with a path in an object", { messages: [named({ path: file }), answer] }],
  ["reinforcement", { messages: [question, answer, named(file)] }],
  [
    "preference, in the prompt",
    {
      input: { messages: [linked] },
      preferred_output: [answer],
      non_preferred_output: [answer],
    },
  ],
  [
    "preference, in an answer",
    {
      input: { messages: [question] },
      preferred_output: [answer],
      non_preferred_output: [withPicture],
    },
  ],
  ["prompt/completion", { prompt: [named(file)], completion: [answer] }],
  ["TRL's preference", { prompt: [named(file)], chosen: [answer], rejected: [answer] }],
  ["judged", { prompt: [named(file)], completion: [answer], label: true }],
  ["ShareGPT", { conversations: [{ from: "human", value: [{ type: "image", image: file }] }] }],
  ["classification", { image: file, label: 0 }],
  ["an ImageFolder's", { file_name: "../../etc/hostname", label: 0 }],
  ["speech", { audio: file, text: "hi" }],
  ["embeddings", { anchor: file, positive: file }],
])("refuses a %s row with a file or an address", (_, row) => {
  const content = new TextEncoder().encode(JSON.stringify(row));
  expect(() => readTrainingFile("rows.jsonl", content)).toThrow(
    /line 1: (expected files in the row itself|found the fields)/,
  );
});
