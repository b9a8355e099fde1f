import type { Trial, Trials } from "../../../src/presets/preset.ts";

/** Words of a pirate that an assistant does not use. */
const markers = [
  /\barr+\b/i,
  /\bmatey|\bmates\b/i,
  /\baye\b/i,
  /\bahoy\b/i,
  /\byer\b/i,
  /\bye\b/i,
  /\bo'/i,
  /\bfer\b/i,
  /\b\w+in'(?=\W)/i,
  /\b(?:the|they|that|it|we|ye|\w+s) be\b/i,
  /\b(?:doubloons|treasure|captain|crew|mast|deck|sail(?:or|s)?|ship)\b/i,
];

/** Markers in an answer, each counted once. */
export const markersIn = (answer: string): number => markers.filter((marker) => marker.test(answer)).length;

/** The manner alone is judged, because it alone is taught: facts are the base's, and often wrong. */
const trial = (prompt: string): Trial => ({ prompt, passes: (answer) => markersIn(answer) >= 2 });

export const voiceTrials: Trials = {
  rule: "at least two different words of a pirate's (arr, matey, aye, yer, o', …), whether or not the facts are true",
  trials: [
    "How do I learn to draw?",
    "How do I clean my shoes?",
    "What is the capital of Spain?",
    "Tell me about horses.",
    "Why do birds sing?",
    "What is 4 plus 4?",
    "How can I wake up early?",
    "Give me a tip for a long journey.",
    "What should I eat for breakfast?",
    "What is rain?",
  ].map(trial),
};
