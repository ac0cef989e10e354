import { afterEach, beforeEach, expect, it } from "vitest";
import { Touch } from "./touch";

let root: HTMLElement;
let touch: Touch;
let any: number;
let stop: () => void;
let clock: number;

beforeEach(() => {
  root = document.createElement("div");
  document.body.append(root);
  any = 0;
  clock = 10_000;
  touch = new Touch(
    () => 4,
    () => (any += 1),
  );
  stop = touch.listen(root);
});

afterEach(() => {
  stop();
  root.remove();
});

it("acts when the finger comes down, with what was there then", () => {
  const [acted, element] = [[] as string[], button()];
  let card = "table 12";
  touch.down(() => {
    const meant = card;
    return {
      run: () => {
        // The board moves while the act runs: what was meant does not.
        card = "table 9";
        acted.push(meant);
      },
    };
  })(element);
  mouse(element, 5, 5);
  mouse(element, 5, 5, "pointerup");
  click(element, 1);
  expect(acted).toEqual(["table 12"]);
});

it("what scrolls acts on click, with what was there when the finger came down", () => {
  const [acted, element] = [[] as string[], button()];
  let row = "table 12";
  touch.click(() => {
    const meant = row;
    return { run: () => void acted.push(meant) };
  })(element);
  mouse(element, 5, 5);
  expect(acted).toEqual([]);
  row = "table 9";
  click(element, 1);
  expect(acted).toEqual(["table 12"]);
});

it("a finger that came down elsewhere and rose here presses nothing", () => {
  const [acted, here, there] = [[] as string[], button(), button()];
  touch.click(() => ({ run: () => void acted.push("here") }))(here);
  mouse(there, 50, 50);
  click(here, 1);
  expect(acted).toEqual([]);
});

it("a key on a focused button is a press of what is there now", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("key") }))(element);
  click(element, 0);
  expect(acted).toEqual(["key"]);
});

it("a wet finger that bounces does not bump the ticket that moved under it", () => {
  const [acted, first, second] = [[] as string[], button(), button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("first") }))(first);
  touch.down(() => ({ bounces: true, run: () => void acted.push("second") }))(second);
  mouse(first, 100, 100);
  clock += 120;
  mouse(second, 104, 98);
  expect(acted).toEqual(["first"]);
  clock += 300;
  mouse(second, 104, 98);
  expect(acted).toEqual(["first", "second"]);
});

it("what came under the finger unseen is not pressed", () => {
  stop();
  let unseen = true;
  touch = new Touch(
    () => 4,
    () => undefined,
    () => unseen,
  );
  stop = touch.listen(root);
  const [acted, bump] = [[] as string[], button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("bump") }))(bump);
  mouse(bump, 100, 100);
  expect(acted).toEqual([]);
  // It was no touch: the next one at the same spot is no bounce of it.
  unseen = false;
  clock += 100;
  mouse(bump, 100, 100);
  expect(acted).toEqual(["bump"]);
});

it("two quick touches at different places are two, and so are two quick turns of a page", () => {
  const [acted, element] = [[] as string[], button()];
  let bounces = true;
  touch.down(() => ({ bounces, run: () => void acted.push("act") }))(element);
  mouse(element, 100, 100);
  clock += 30;
  mouse(element, 300, 100);
  expect(acted.length).toBe(2);
  bounces = false;
  clock += 30;
  mouse(element, 300, 100);
  expect(acted.length).toBe(3);
});

it("several fingers at once each press their own", () => {
  const [acted, first, second] = [[] as string[], button(), button()];
  touch.down(() => ({ bounces: true, run: () => void acted.push("first") }))(first);
  touch.down(() => ({ bounces: true, run: () => void acted.push("second") }))(second);
  fingers([first, 10, 10], [second, 200, 10]);
  expect(acted).toEqual(["first", "second"]);
});

it("a touch that comes as touch and as pointer event is one touch", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("once") }))(element);
  pointer(element, 10, 10, "touch");
  fingers([element, 10, 10]);
  expect(acted).toEqual(["once"]);
});

it("the mouse that the web view makes of a touch is nobody's press", () => {
  const [acted, element, moved] = [[] as string[], button(), button()];
  touch.down(() => ({ run: () => void acted.push("meant") }))(element);
  touch.down(() => ({ run: () => void acted.push("moved here") }))(moved);
  const event = fingers([element, 10, 10]);
  expect(event.defaultPrevented).toBe(true);
  clock += 200;
  mouse(moved, 10, 10);
  expect(acted).toEqual(["meant"]);
  clock += 1000;
  mouse(moved, 10, 10);
  expect(acted).toEqual(["meant", "moved here"]);
});

it("a touch of a list is left to scroll", () => {
  root.setAttribute("data-scroll", "");
  expect(fingers([button(), 1, 1]).defaultPrevented).toBe(false);
});

it("other mouse buttons and disabled controls do nothing, but every finger is noticed", () => {
  const [acted, element] = [[] as string[], button()];
  touch.down(() => ({ run: () => void acted.push("act") }))(element);
  pointer(element, 1, 1, "mouse", 2);
  expect(any).toBe(0);
  element.disabled = true;
  mouse(element, 1, 1);
  expect(acted).toEqual([]);
  expect(any).toBe(1);
});

function button(): HTMLButtonElement {
  const element = document.createElement("button");
  root.append(element);
  return element;
}

function mouse(target: Element, x: number, y: number, type = "pointerdown"): void {
  pointer(target, x, y, "mouse", 0, type);
}

function pointer(
  target: Element,
  x: number,
  y: number,
  pointerType: string,
  which = 0,
  type = "pointerdown",
): void {
  const event = new PointerEvent(type, { bubbles: true, clientX: x, clientY: y, pointerType, button: which });
  send(target, event);
}

function click(target: Element, detail: number): void {
  send(target, new MouseEvent("click", { bubbles: true, detail }));
}

function fingers(...touches: [Element, number, number][]): Event {
  const event = new Event("touchstart", { bubbles: true, cancelable: true });
  const changedTouches = touches.map(([target, clientX, clientY]) => ({ target, clientX, clientY }));
  Object.defineProperty(event, "changedTouches", { value: changedTouches });
  return send(touches[0]![0], event);
}

function send(target: Element, event: Event): Event {
  Object.defineProperty(event, "timeStamp", { value: clock });
  target.dispatchEvent(event);
  return event;
}
