import fc from "fast-check";
import { expect, test } from "vitest";
import { EventParser } from "../src/transports/event_stream";

test("events come whole, with their number and one message a line; comments are nothing", () => {
  const parser = new EventParser();
  expect(parser.take(":\n\nid: 2\ndata: {\"a\":1}\ndata: {}\n\n:\n")).toEqual([
    { number: 2, messages: ['{"a":1}', "{}"] },
  ]);
  expect(parser.take("\nid: 3\ndata: []")).toEqual([]);
  expect(parser.take("\n\n")).toEqual([{ number: 3, messages: ["[]"] }]);
});

test("it does not matter where the stream is cut", () => {
  const messages = fc.array(fc.json(), { minLength: 1, maxLength: 3 });
  const cuts = fc.array(fc.nat(400), { maxLength: 10 });
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 6 }), cuts, (events, places) => {
      const said = events.map((lines, index) => ({
        number: index + 1,
        messages: lines.map((line) => JSON.stringify(JSON.parse(line))),
      }));
      const whole = said
        .map(({ number, messages }) => `id: ${number}\n${messages.map((line) => `data: ${line}\n`).join("")}\n`)
        .join(":\n\n");
      const parser = new EventParser();
      const ends = [...new Set([...places.filter((place) => place < whole.length), whole.length])];
      let from = 0;
      const heard = ends.sort((a, b) => a - b).flatMap((end) => {
        const part = whole.slice(from, end);
        from = end;
        return parser.take(part);
      });
      expect(heard).toEqual(said);
    }),
  );
});
