import { factsOf, type Place } from "../../../src/presets/places.ts";
import type { Trial, Trials } from "../../../src/presets/preset.ts";

/** How each kind of fact shows in a sentence, whatever its value. */
const signs: Readonly<Record<Exclude<keyof Place, "name">, RegExp>> = {
  eatType: /restaurant|\bpub\b|coffee/i,
  food: /\bfoods?\b|cuisine|serves|Italian|French|Chinese|Indian|Japanese|English|Spanish|Greek|Thai|Mexican/i,
  priceRange: /price|cheap|moderate|expensive/i,
  "customer rating": /rating|rated|out of 5/i,
  area: /riverside|city centre|harbour|old town/i,
  familyFriendly: /family|child|kid/i,
  near: /\bnear\b/i,
};

export const restaurantTrials: Trials = {
  rule: "the answer says every fact that was given, names to the letter, and none that was not",
  trials: [
    trial({ name: "Falcon", food: "Italian" }),
    trial({ name: "The Purple Onion", area: "riverside" }),
    trial({ name: "The Six Bells", eatType: "pub" }),
    trial({ name: "Castle Bistro", food: "Spanish", area: "old town" }),
    trial({ name: "Harlington", eatType: "coffee shop", familyFriendly: "yes" }),
    trial({ name: "The Phoenix", "customer rating": "5 out of 5", near: "Green Park" }),
    trial({ name: "Mustard", priceRange: "cheap", area: "city centre" }),
    trial({ name: "The Grey Goose", eatType: "restaurant", food: "Thai", priceRange: "high" }),
    trial({ name: "Sunrise Terrace", area: "harbour", familyFriendly: "no" }),
    trial({
      name: "The Waterman",
      eatType: "restaurant",
      food: "Indian",
      "customer rating": "average",
      area: "riverside",
    }),
  ],
};

function trial(place: Place): Trial {
  return { prompt: factsOf(place), passes: (answer) => statesExactly(place, answer) };
}

function statesExactly({ name, ...facts }: Place, answer: string): boolean {
  // Names may hold words of any kind: The Old Town Kitchen is no area.
  const { near = "" } = facts;
  const others = [name, near].reduce((text, each) => (each === "" ? text : text.replaceAll(each, "")), answer);
  return (
    answer.includes(name) &&
    answer.includes(near) &&
    Object.entries(signs).every(([kind, sign]) => {
      const value = facts[kind as keyof typeof signs];
      if (value === undefined || !sign.test(others)) return value === undefined && !sign.test(others);
      if (kind === "familyFriendly") return /\bnot\b/i.test(others) === (value === "no");
      return kind === "near" || others.toLowerCase().includes(value.toLowerCase());
    })
  );
}
