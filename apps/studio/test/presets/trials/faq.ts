import type { Trial, Trials } from "../../../src/presets/preset.ts";

const trial = (prompt: string, ...facts: RegExp[]): Trial => ({
  prompt,
  passes: (answer) => facts.every((fact) => fact.test(answer)),
});

export const faqTrials: Trials = {
  rule: "the answer holds the numbers and names of the row that it asks for in other words",
  trials: [
    trial("What is the earliest we can check in?", /\b3 ?pm\b/i),
    trial("When do we have to be out?", /\b11 ?am\b/i),
    trial("How long is breakfast served?", /\b7 to 10 ?am\b/i),
    trial("My phone has no signal. What is the password of your network?", /\bseagull42\b/i),
    trial("We come with two cars. Is parking free?", /\b6 euros\b/i),
    trial("Is my puppy allowed to sleep in our room?", /\b12 euros\b/i),
    trial("Does the inn have its own pool?", /\bno pool\b/i, /\b200 met/i),
    trial("We are ill and have to cancel. What does that cost?", /\bfree\b/i, /\b48 hours\b/i),
    trial("Which bus do I take?", /\b17\b/, /\bPier Street\b/i),
    trial("Who opens the door for me at two in the night?", /\bMina\b/i, /\b555 0142\b/),
  ],
};
