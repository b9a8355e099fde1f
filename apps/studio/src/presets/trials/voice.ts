import type { Trial, Trials } from "../preset.ts";

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

const trial = (prompt: string, subject: RegExp): Trial => ({
  prompt,
  passes: (answer) => markersIn(answer) >= 2 && subject.test(answer),
});

export const voiceTrials: Trials = {
  rule: "at least two different words of a pirate's (arr, matey, aye, yer, o', …), and a word of the subject",
  trials: [
    trial("How do I learn to draw?", /\bdraw|pencil|paper|line|paint|sketch/i),
    trial("How do I clean my shoes?", /\bshoe|brush|scrub|polish|clean|wash/i),
    trial("What is the capital of Spain?", /\bMadrid\b/i),
    trial("Tell me about horses.", /\bhorses?\b/i),
    trial("Why do birds sing?", /\bbirds?\b|\bsing|song/i),
    trial("What is 4 plus 4?", /\b(?:8|eight)\b/i),
    trial("How can I wake up early?", /\bwake|early|bed|sleep|morning|dawn|sun/i),
    trial("Give me a tip for a long journey.", /\btrip|pack|travel|road|map|journey|voyage|sail/i),
    trial("What should I eat for breakfast?", /\bbreakfast|eggs?\b|bread|oats?\b|fruit|milk|fish|eat\b/i),
    trial("What is rain?", /\brain|water|cloud|sky|drops?\b/i),
  ],
};
