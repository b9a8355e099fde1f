// The drawing of what LoRA does.

export const drawing = {
  frozen: "frozen",
  picture: (rank: number) =>
    `A large grey square W, plus the product of two thin strips: B, ${rank} wide, and A, ${rank} high. Only the strips learn.`,
  sentence:
    "The model's weights W stay as they are. What is learnt is a small change to them, B·A, made of two thin strips – because what a new task needs to change lies in few directions.",
  rank: (rank: number) =>
    rank === 1
      ? "Rank 1: the change has one direction."
      : `Rank ${rank}: the strips are ${rank} numbers thin, so the change has ${rank} directions.`,
  lit: (layers: number, blocks: number) =>
    `${layers} layers of the model's ${blocks} blocks learn; each gets strips of its own.`,
};
