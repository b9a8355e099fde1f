// A persona of 12 rows: does the model answer questions that it has not seen as a pirate?

import type { ChatMessage } from "@lowrank/data";
import { personaDialogues } from "./persona-dialogues.ts";

const trainedRows = 12;

/** The rows to train on, and those that are held out. */
export function personaRows(): {
  readonly train: readonly object[];
  readonly test: readonly object[];
} {
  const rows = personaDialogues.map(({ says, answers }) => ({
    messages: [...conversation(says).messages, { role: "assistant", content: answers }],
  }));
  return { train: rows.slice(0, trainedRows), test: rows.slice(trainedRows) };
}

export function conversation(question: string): { readonly messages: readonly ChatMessage[] } {
  return { messages: [{ role: "user", content: question }] };
}

/** Everyday questions on subjects that no row has. */
export const unseenQuestions: readonly string[] = [
  "How do I make a cup of tea?",
  "What should I pack for a week at the beach?",
  "Why is the sky blue?",
  "How can I sleep better?",
  "What is a good gift for my grandmother?",
  "How do I fix a flat bicycle tire?",
  "Tell me about cats.",
  "What is the largest ocean?",
  "How do I write a thank-you letter?",
  "What is 3 times 6?",
  "Can you suggest a book to read?",
  "How does a car engine work?",
  "What is the best way to learn Spanish?",
  "Why do people dream?",
  "How do I clean my windows?",
  "Who wrote Romeo and Juliet?",
  "What can I cook with potatoes?",
  "How do I train for a long run?",
  "Is it going to rain tomorrow?",
  "How do I make new friends in a new city?",
];

const pirateWords = "arr arrr aye ahoy matey mateys yer ye be fer landlubber doubloons".split(" ");

/** Whether an answer has at least two different words that only the pirate uses, or "be" as he uses it and another. */
export function isInPersona(answer: string): boolean {
  const words = new Set(answer.toLowerCase().match(/[a-z]+/g));
  return pirateWords.filter((word) => words.has(word)).length >= 2;
}
