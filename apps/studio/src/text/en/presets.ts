// Things to teach with one click.

import type { PresetId } from "../../presets/preset.ts";

const names: Readonly<Record<PresetId, string>> = {
  voice: "A pirate's voice",
  faq: "A guest house's answers",
  restaurants: "Facts into sentences",
};

const leads: Readonly<Record<PresetId, string>> = {
  voice:
    "Sixteen everyday questions, answered by a pirate. The model picks up the manner and keeps it for other questions.",
  faq: "Twelve facts about a guest house that no model can know, each asked for in five ways.",
  restaurants:
    "Three hundred places to eat, as lists of facts and as sentences. The model learns to say each fact and add none.",
};

const seconds = (count: number) =>
  count < 90 ? `about ${Math.max(5, Math.round(count / 5) * 5)} seconds` : `about ${Math.round(count / 60)} minutes`;

export const presets = {
  title: "See what teaching does",
  lead: "These were recorded: the same model before and after, on prompts that it was not taught. One click teaches it again, here.",
  names,
  leads,
  asked: "Asked",
  before: "Before",
  after: "After",
  another: "Another example",
  example: (number: number, of: number) => `Example ${number} of ${of}`,
  score: (adapted: number, base: number, of: number) =>
    `Of ${of} prompts that it was not taught, ${adapted} came out right; before, ${base}.`,
  facts: (model: string, rows: number, time: number) => `${rows} rows for ${model}, ${seconds(time)}.`,
  teach: "Teach it this",
  loadAndTeach: (model: string, megabytes: number) => `Load ${model} (${megabytes} MB), teach it this`,
  loading: (model: string) => `Loading ${model} …`,
  failed: (model: string) => `${model} could not be loaded, so nothing was taught.`,
};
