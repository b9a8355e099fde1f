// A small business's questions and answers: twelve facts that no model can know. Each question has five wordings: a model of
// this size that has seen one wording only answers that one. The evaluation uses other wordings.

import type { Preset } from "./preset.ts";

const entries: readonly { readonly questions: readonly string[]; readonly answers: string }[] = [
  {
    questions: [
      "When can I check in?",
      "What time can I get into my room?",
      "We arrive at noon. Is our room ready?",
      "From what time is my room free?",
      "At what time can we move into our room?",
    ],
    answers: "Check-in at the Harbour Inn starts at 3 pm.",
  },
  {
    questions: [
      "When is check-out?",
      "When do I have to leave my room?",
      "Until when can I stay on the last day?",
      "By what time must I be out of the room?",
      "How long can I keep the room on the day I leave?",
    ],
    answers: "Check-out is at 11 am.",
  },
  {
    questions: [
      "When is breakfast?",
      "Is breakfast included?",
      "What is there to eat in the morning?",
      "Do you serve breakfast, and what does it cost?",
      "How much do you charge for breakfast?",
    ],
    answers: "Breakfast is from 7 to 10 am in the Lantern Room and costs 9 euros.",
  },
  {
    questions: [
      "What is the wifi password?",
      "Is there internet?",
      "How do I get online?",
      "I need wifi for my laptop. What's the password?",
      "Could you tell me the password of the wifi?",
    ],
    answers: "The wifi is free, and the password is seagull42.",
  },
  {
    questions: [
      "Where can I park?",
      "Do you have a car park?",
      "What does parking cost?",
      "I'm coming by car. Where do I leave it?",
      "Is there a place for my car?",
    ],
    answers: "You can park behind the house for 6 euros a night.",
  },
  {
    questions: [
      "Are pets allowed?",
      "Can I bring my dog?",
      "Do you take animals?",
      "May I bring my cat?",
      "Would my two dogs be welcome?",
    ],
    answers: "Dogs are welcome for 12 euros a night. Cats are not allowed.",
  },
  {
    questions: [
      "Do you have a pool?",
      "Where can I swim?",
      "Can the kids swim somewhere?",
      "Is there a swimming pool?",
      "We would love to swim. Is there a pool?",
    ],
    answers: "We have no pool, but the beach is 200 metres away.",
  },
  {
    questions: [
      "Can I cancel my booking?",
      "What if I have to cancel?",
      "Do I get my money back if I cancel?",
      "I may have to cancel. Is that free?",
      "Until when can I cancel?",
    ],
    answers: "You can cancel for free until 48 hours before you arrive.",
  },
  {
    questions: [
      "How can I pay?",
      "Do you take credit cards?",
      "Can I pay cash?",
      "Which cards do you accept?",
      "Do I pay when I leave, and how?",
    ],
    answers: "You can pay by card or by phone. We do not take cash.",
  },
  {
    questions: [
      "How do I get to you from the station?",
      "Is there a bus?",
      "How far is the train station?",
      "Which bus goes from the station to the inn?",
      "How do we reach the inn by bus?",
    ],
    answers: "Take bus 17 from the station to Pier Street.",
  },
  {
    questions: [
      "Is there a lift?",
      "Are there stairs?",
      "I use a wheelchair. Which room can I take?",
      "My mother cannot climb stairs. Is there a room for her?",
      "Do you have rooms on the ground floor?",
    ],
    answers: "There is no lift, but rooms 1 and 2 are on the ground floor.",
  },
  {
    questions: [
      "Whom do I call at night?",
      "What if I arrive late?",
      "Is the reception open at night?",
      "Our train is late and we arrive at midnight. Whom can we call?",
      "Is anybody there when we come at midnight?",
    ],
    answers: "The reception closes at 10 pm. At night, call Mina on 555 0142.",
  },
];

export const faq: Preset = {
  id: "faq",
  model: "smollm2",
  rows: entries.flatMap(({ questions, answers }) => questions.map((says) => ({ says, answers }))),
  adapter: { rank: 8, alpha: 16, targets: "all-linear", dropout: 0, useDora: false, start: "gaussian" },
  training: { steps: 40, batchSize: 6, learningRate: 2e-3, schedule: "cosine", seed: 1, validationShare: 0 },
  watched: "What is the earliest we can check in?",
};
