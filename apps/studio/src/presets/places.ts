// Facts about places to eat, in the format of the E2E challenge, and sentences that contain them.

export interface Place {
  readonly name: string;
  readonly eatType?: string | undefined;
  readonly food?: string | undefined;
  readonly priceRange?: string | undefined;
  readonly "customer rating"?: string | undefined;
  readonly area?: string | undefined;
  readonly familyFriendly?: "yes" | "no" | undefined;
  readonly near?: string | undefined;
}

/** `name[Aromi], area[riverside]`. */
export function factsOf(place: Place): string {
  const facts = Object.entries(place).filter(([, value]) => value !== undefined);
  return facts.map(([kind, value]) => `${kind}[${value}]`).join(", ");
}

/** Different places with random facts, some of them rare; the same seed gives the same places. */
export function drawPlaces(count: number, seed: number): readonly Place[] {
  const pick = picker(seed);
  const places = new Map<string, Place>();
  while (places.size < count) {
    const place = drawPlace(pick);
    places.set(factsOf(place), place);
  }
  return [...places.values()];
}

function drawPlace(pick: Pick): Place {
  const chance = pick([0.15, 0.3, 0.6]);
  const sometimes = <Item>(items: readonly Item[]) => (pick(percent) < 100 * chance ? pick(items) : undefined);
  return {
    name: drawName(pick),
    eatType: sometimes(["restaurant", "pub", "coffee shop"]),
    food: sometimes(foods),
    priceRange: sometimes(["cheap", "moderate", "high"]),
    "customer rating": sometimes([
      "low",
      "average",
      "high",
      "1 out of 5",
      "2 out of 5",
      "3 out of 5",
      "4 out of 5",
      "5 out of 5",
    ]),
    area: sometimes(Object.keys(areas)),
    familyFriendly: sometimes(["yes", "no"] as const),
    near: sometimes([true]) === true ? drawName(pick) : undefined,
  };
}

/** A sentence with every fact and nothing else. */
export function sentencesOf(place: Place): string {
  const { name, eatType = "place", food, priceRange, "customer rating": rating, area, familyFriendly, near } = place;
  const parts = [
    `${name} is a ${familyFriendly === "yes" ? "family friendly " : ""}${eatType}`,
    food && `that serves ${food} food`,
    area && (areas[area] ?? `in ${area}`),
    near && `near ${near}`,
  ];
  const sentences = [
    `${parts.filter(Boolean).join(" ")}.`,
    priceRange && `Its prices are ${priceRange}.`,
    rating && `Its customer rating is ${rating}.`,
    familyFriendly === "no" && "It is not family friendly.",
  ];
  return sentences.filter(Boolean).join(" ");
}

const percent = Array.from({ length: 100 }, (_, index) => index);
const foods = ["Italian", "French", "Chinese", "Indian", "Japanese", "English", "Spanish", "Greek", "Thai", "Mexican"];
const areas: Readonly<Record<string, string>> = {
  riverside: "by the riverside",
  "city centre": "in the city centre",
  harbour: "at the harbour",
  "old town": "in the old town",
};

const colours = words(
  "Blue Golden Old Little Green Silver Red Lucky Quiet Royal Happy White Black Yellow Three Two New Big",
);
const things = words(
  "Anchor Lantern Garden Fox Kitchen Table Harbour Crown Oak Spoon Swan Mill Bridge Tower Lion Rose Clock Barrel Pear Wheel " +
    "Cat Window Candle Apple Boat River Market Stone Bell Horse",
);
const known = words(
  "Luna Cotto Aromi Bella Saffron Olive Zizzi Marlow Basil Tonic Verde Nero Ginger Willow Maple Cherry",
);
const beginnings = words("Ba Cor Del Fen Gri Hal Jas Lo Mer Pel Ros Tav Wen Yor Sto Clar Bur Cam");
const endings = words("bury dini field ker lotti man mino nelly rico s stead ton vale zo ing ets ley stone");

type Pick = <Item>(items: readonly Item[]) => Item;

/** Names of many forms, half of them made of random syllables: a name must be copied, not known. */
function drawName(pick: Pick): string {
  const invented = `${pick(beginnings)}${pick(endings)}`;
  const forms = [
    () => pick(known),
    () => invented,
    () => `The ${pick(colours)} ${pick(things)}`,
    () => `${pick(things)} ${pick(["House", "Bar", "Corner", "Place"])}`,
    () => `${invented}'s ${pick(things)}`,
    () => `The ${invented}`,
  ];
  return pick(forms)();
}

function words(text: string): readonly string[] {
  return text.split(" ");
}

/** Park and Miller's generator (1988): small, and the same everywhere. */
function picker(seed: number): Pick {
  let state = seed;
  return (items) => {
    state = (state * 48_271) % 2_147_483_647;
    return items[Math.floor((state / 2_147_483_647) * items.length)] as (typeof items)[number];
  };
}
