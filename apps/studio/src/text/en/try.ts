// Trying what was taught: a conversation with both models.

export const trying = {
  title: "4 · Try it",
  lead: "Ask both at once: the model as it was on one side, with what you taught it on the other.",
  leadSingle: "This model answers one line at a time and forgets what was said before.",
  base: "As it was",
  adapted: "With what you taught",
  adaptedBy: (name: string, strength: number) => `With “${name}”${strength === 1 ? "" : `, strength ${strength}`}`,
  noAdapter: "Teach it something first, or pick an adapter from the shelf: then it answers here, too.",
  you: "You",
  ask: "Your message",
  placeholderChat: "Ask something that it was not taught word for word",
  placeholderPlain: "name[Aromi], food[French], area[riverside]",
  send: "Send",
  stop: "Stop",
  again: "Answer again",
  clear: "Clear the conversation",
  cleared: "The conversation is cleared.",
  undo: "Undo",
  stopped: "Stopped.",
  silent: "It has nothing to say.",
  training: "It answers again when training has ended or stopped.",
  waiting: "Writing…",
  answered: "Both have answered.",
  length: (tokens: number, most: number) => `${tokens} of ${most} tokens`,
  tooLong: (tokens: number, most: number) =>
    `That is ${tokens} tokens, and this model reads ${most} at most. Write less, or clear the conversation.`,
  legend: "An underlined word became at least three times as likely by what you taught.",
  likelier: (times: number) =>
    times > 1000
      ? "more than 1000 times as likely"
      : `${times < 10 ? times.toFixed(1) : Math.round(times)} times as likely`,
  strength: "Strength",
  strengthSays: (strength: number) =>
    strength === 0
      ? "0: exactly the model as it was"
      : strength === 1
        ? "1: as it was taught"
        : `${strength}: ${strength < 1 ? "less" : "more"} than it was taught`,
  more: "How it writes",
  temperature: "Surprise",
  temperatureSays: (temperature: number) => (temperature === 0 ? "0: always the likeliest word" : `${temperature}`),
  topP: "Only the likeliest words that together have a chance of",
  maxNewTokens: "Longest answer, in tokens",
  seed: "Seed of chance",
  speed: (tokens: number) => `${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)} tokens a second`,
  whichSide: "Which answers to show",
};
