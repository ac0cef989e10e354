/**
 * Every sentence that a person reads, in English. A language is one such object; the code holds no words.
 *
 * Error sentences go by the code of the fault: what happened, in the cook's words, and what to do next.
 */

import type { Fault } from "../generated/Fault";
import type { LinePlace } from "../generated/LinePlace";
import type { LineWait } from "../generated/LineWait";
import type { OrderType } from "../generated/OrderType";
import type { TicketLabel } from "../generated/TicketLabel";

const orderTypes: Record<OrderType, string> = {
  dine_in: "Dine-in",
  pickup: "Pickup",
  delivery: "Delivery",
  drive_thru: "Drive-thru",
  online: "Online",
  kiosk: "Kiosk",
  voice: "Phone",
};

/** A status as the order system's own screens call it. */
function thereStatus(status: string | undefined): string {
  return `“${(status ?? "done").replace("-", " ")}”`;
}

/** Whether words say by themselves that they are of an allergy. */
function saysAllergy(words: string): boolean {
  return /\ballerg(y|ies|ic|en)/i.test(words);
}

const faults: Record<string, (params: Fault["params"]) => string> = {
  // The kitchen's own rules.
  order_unknown: () => "This order is no longer kept. Nothing was changed.",
  line_unknown: () => "This item is not in the order any more. Look at the ticket again.",
  line_not_at_station: () => "This item now belongs to another station.",
  order_voided: () => "The order was voided meanwhile. Press SEEN to take it off.",
  bump_unknown: () => "This was brought back already, or is too old to bring back.",
  item_out: ({ item }) => `${item ?? "An item"} is out (86).`,
  item_unknown: () => "This item is not on the menu.",
  nothing_named: () => "Nothing on the ticket was left to do.",
  course_unknown: () => "The order has no such course any more. Look at the ticket again.",
  already_begun: () => "Somebody has begun with it: it stays at the stations.",
  still_cooking: () => "A station still cooks for this ticket. Bump it when everything is at the pass.",
  act_unknown: () => "The hub is older than this screen and cannot do that. Update the hub.",
  undo_over: () => "Too late to undo here. Find it under Recall.",
  order_without_lines: () => "An order came without any items. Ask the front what it should be.",
  line_without_name: () => "An item came without a name. Ask the front what it should be.",
  bad_quantity: () => "An item came with an impossible quantity. Ask the front what it should be.",
  too_many_lines: () => "An order came with too many items for one ticket. Ask the front to split it.",
  // The hub does not let this screen in.
  token_refused: () =>
    "The hub does not know this screen's key. Make a new one on the hub: brigade-hub token new.",
  restaurant_other: () => "This screen belongs to another restaurant's hub. Check its --hub setting.",
  protocol_unsupported: () => "This screen and its hub have different versions. Update both.",
  hello_expected: () => "The hub did not understand this screen. Update both to the same version.",
  hub_busy: () => "The hub has more to do than it can hold. It is tried again by itself.",
  hub_full: () => "The hub has no room for another screen. Close one that is not used.",
  token_missing: () => "This screen has no key for the hub yet. Give it one with --token-file.",
  station_unknown: () => "This station is no longer set up. Choose another one, top left.",
  not_allowed: () => "This screen may only look. Do it on a screen of the station.",
  time_zone_unknown: ({ zone }) =>
    `The time zone ${zone ?? ""} is not known: times are in UTC. Correct the settings.`,
  // What keeps orders on this computer.
  disk_full: () => "The disk is full: the touch was not kept. Free some space on this computer.",
  disk_failed: () =>
    "The disk failed: the touch was not kept. Restart this computer, and call for help if it stays.",
  disk_slow: () => "The disk is too slow just now: the touch was not kept. Touch again in a moment.",
  journal_rebuilt: ({ kept_at: at }) =>
    `What this screen had kept was damaged and made anew. A copy is in ${at ?? "its folder"}.`,
  journal_lost_presses: ({ kept_at: at }) =>
    `What this screen had kept was damaged: touches not sent yet are lost. Check open tickets. A copy is in ${at ?? "its folder"}.`,
  hub_restored: ({ orders }) =>
    `The hub was set back to an older copy of its data and no longer knows ${orders ?? "some"} tickets of this screen as they were. Check with the counter what is still to be made.`,
  hub_folder_in_use: ({ folder }) =>
    `Brigade runs already on this computer, with the folder ${folder ?? "of this one"}. Use that one.`,
  hub_folder_unusable: ({ folder, reason }) =>
    `The folder ${folder ?? "for the orders"} cannot be used${reason ? ` (${reason})` : ""}. Check that it exists and may be written, then start again.`,
  hub_other_restaurant: ({ folder }) =>
    `The folder ${folder ?? "for the orders"} belongs to another restaurant. Choose another with --data.`,
  hub_port_in_use: ({ address }) =>
    `Another program already uses ${address ?? "the hub's port"}. End it, or choose another port, then start again.`,
  display_folder_in_use: ({ folder }) =>
    `Brigade runs already on this computer, with the folder ${folder ?? "of this one"}. Use that one.`,
  display_folder_unusable: ({ folder, reason }) =>
    `The folder ${folder ?? "for the board"} cannot be used${reason ? ` (${reason})` : ""}. Check that it exists and may be written, then start again.`,
  hub_address_wrong: ({ reason }) =>
    `The hub's address is not one${reason ? ` (${reason})` : ""}. Correct --hub, then start again.`,
  screen_replaced: () =>
    "Another computer has taken this screen's place: it has a copy of this one's data. Give one of them a folder of its own.",
  // What the back end does or cannot do.
  upstream_cannot_recall: ({ status }) =>
    `Back on this board, but the order system already says ${thereStatus(status)} and cannot go back. Tell the front.`,
  upstream_step_refused: ({ status }) =>
    `The order system does not take ${thereStatus(status)} for this order. Ask the front to set it there.`,
  upstream_order_gone: () => "The order system no longer has this order. Ask the front whether it still stands.",
  upstream_order_unreadable: ({ order }) =>
    `Order ${order ?? ""} of the order system cannot be shown here. Ask the front what it is.`,
  upstream_login_refused: () =>
    "The order system does not let this kitchen in: no new orders. Correct the login in the hub's upstream file.",
  upstream_forbidden: () =>
    "The order system shows this kitchen no orders: its account there lacks the right. Ask who looks after it.",
  upstream_old_orders: ({ count }) =>
    `${count ?? "Some"} open in the order system are older than a day and not shown. Ask the front to close them.`,
  // This program itself.
  mount_gone: () => "The board was drawn anew in between. Touch again.",
  display_ending: () => "Brigade is closing. The touch was not taken.",
  not_answering: () => "The display does not answer. If it stays so, restart this computer.",
  unexpected: ({ detail }) => `Something went wrong${detail ? `: ${detail}` : ""}. Try once more.`,
};

export const en = {
  product: "Brigade",
  tabs: { station: "Station", expo: "Expo", all_day: "All day", scheduled: "Scheduled", recall: "Recall" },
  views: "Views",
  expo: "Expo",
  demo: "DEMO",
  demoMeaning: "Demo kitchen: these orders are not real",
  orderTypes,

  /** What a ticket is called. A table that has a word of its own ("Bar 3", "Patio") needs no "Table" before it. */
  label(label: TicketLabel, type: OrderType): string {
    switch (label.kind) {
      case "table":
        return /\p{L}{3}/u.test(label.text) ? label.text : `Table ${label.text}`;
      case "name":
        return label.text;
      case "number":
        return `${type === "dine_in" ? "Order" : orderTypes[type]} ${label.text}`;
    }
  },
  number: (number: string) => `#${number}`,
  guests: (count: number) => (count === 1 ? "1 guest" : `${count} guests`),
  takenAt: (time: string) => `taken ${time}`,
  due: (time: string) => `due ${time}`,
  courier: (name: string | null, time: string | null) => [name ?? "courier", time].filter(Boolean).join(" "),
  rush: "RUSH",
  hold: "HOLD",
  fresh: "NEW",
  soon: "SOON",
  late: "LATE",
  lateCount: (count: number) => `${count} late`,
  voidMark: "VOID",
  part: (part: number, parts: number) => `${part}/${parts}`,
  continued: "continued",
  bump: "BUMP",
  seen: "SEEN",
  progress: (done: number, total: number) => `${done} of ${total} done`,
  sending: "sending",
  more: "more",

  /** What a badge says: the word, once, and what the guest must not have. */
  allergy: (what: string) => (saysAllergy(what) ? what : `ALLERGY ${what}`),
  saysAllergy,
  quoted: (note: string) => `“${note}”`,
  seat: (seat: string) => `seat ${seat}`,
  course: (course: number) => `course ${course}`,
  pieces: (done: number, quantity: number) => `${done} of ${quantity}`,
  changes: {
    added: (_was: number, _is: number) => "ADDED",
    changed: (was: number, is: number) => (was === is ? "CHANGED" : `CHANGED was ${was}`),
    voided: (was: number, is: number) => (is > 0 ? `${was - is} VOIDED was ${was}` : "VOIDED"),
  },
  done: "done",
  ready: "ready",
  cooking: "cooking",
  waiting: "waiting",
  /** A dim line: which stations have it, and how far they are. */
  elsewhereMore: (count: number) => `${count} more at other stations`,
  elsewhere(place: Extract<LinePlace, { kind: "elsewhere" }>, how: string): string {
    return place.stations.length > 0 ? `${place.stations.join(", ")}, ${how}` : `${en.expo}, ${how}`;
  },

  page: (page: number, pages: number) => `${page} / ${pages}`,
  pageIs: (page: number, pages: number) => `Page ${page} of ${pages}`,
  previousPage: "Previous page",
  nextPage: "Next page",
  onPage: (page: number) => `· p ${page}`,
  moreNew: (count: number) => `+${count} new`,
  didTo: {
    bumped: (label: string) => `${label} bumped`,
    rushed: (label: string) => `${label} goes first`,
    held: (label: string) => `${label} on hold`,
    fired: (label: string) => `${label} fired`,
    transferred: (label: string) => `${label} sent over`,
    stocked: (label: string) => `${label}: stock changed`,
  },
  moreOf: (label: string) => `${label}: start, rush, hold, send`,
  start: "START",
  unstart: "Not started",
  rushIt: "RUSH: before all others",
  unrush: "No rush any more",
  holdIt: "Hold: nobody cooks it now",
  forMinutes: (minutes: number) => `${minutes} min`,
  untilReleased: "Until released",
  release: "RELEASE: cook it now",
  fireCourse: (course: string) => `FIRE ${course}`,
  sendTo: "Send to another station",
  sendOnly: "Only these",
  sendsAll: "All of it to",
  sendsOnly: (lines: number) => (lines === 1 ? "Only this one to" : `Only these ${lines} to`),
  waits(waits: LineWait, course: number | null): string {
    if (waits.kind === "station") return `at ${waits.name}`;
    return course === null ? "later" : en.course(course);
  },
  toCome: (pieces: number) => `+${pieces} to come`,
  from: (station: string) => `from ${station}`,
  also: (stations: string) => `also ${stations}`,
  waitsFor: (stations: string) => `waits for ${stations}`,
  outMark: "86 OUT",
  eightySix: "86",
  out: "OUT",
  left: (count: number) => `${count} left`,
  stockOf: (name: string) => `86 ${name}: out, or how many are left`,
  setOut: "86: it is out",
  plenty: "There is enough",
  onlyLeft: "Only so many are left",
  countsOf: "Counted over",
  wholeKitchen: "Whole kitchen",
  asOnTheMenu: "plain",
  later: (count: number) => `${count} later`,
  ingredients: "That takes",
  amount: (amount: number, unit: string) => (unit ? `${amount} ${unit}` : String(amount)),
  undo: "UNDO",
  dismiss: "OK",
  allDayStrip: "Still to make",
  started: (count: number) => `${count} started`,

  stationIs: (name: string) => `Station ${name}. Touch to change`,
  chooseStation: "Which station is this screen?",
  settings: "Settings",
  textSize: "Text size",
  textSizes: { small: "Small", normal: "Normal", large: "Large" },
  volume: "New-order sound",
  volumeOf: (volume: number) => (volume === 0 ? "Off" : `${volume} %`),
  louder: "Louder",
  quieter: "Quieter",
  playSound: "Play it",
  close: "Close",

  connection: "Connection",
  connectionStates: { connecting: "Connecting", live: "Live", offline: "Offline", refused: "Refused" },
  connectionMeans: {
    connecting: () => "Looking for the hub. The tickets stay as they are.",
    live: () => "Touches are sent at once, and new orders come as they are placed.",
    offline: (time: string) =>
      `These tickets are as they were at ${time}. Keep working: touches are kept here and sent later. New orders cannot come until then.`,
    refused: () => "The hub does not let this screen in. The tickets can be worked; new orders cannot come.",
  },
  roundTrip: "There and back",
  milliseconds: (ms: number) => `${ms} ms`,
  notMeasured: "not measured yet",
  attempts: "Tried in vain",
  attemptsNext: (count: number, seconds: number | undefined) =>
    `${count === 1 ? "once" : `${count} times`}${
      seconds === undefined ? ", trying now" : seconds > 0 ? `, again in ${seconds} s` : ", again now"
    }`,
  orderSystem: "Order system",
  upstreamStates: {
    connecting: "connecting",
    logging_in: "logging in",
    live: "connected",
    away: "away",
    refused: "refuses the login",
    unknown: "unknown",
  },
  upstreamMark: { away: "Order system away", refused: "Order system refuses" },
  upstreamAway:
    "The kitchen is connected, what its orders come from does not answer. New ones come when it is back, and what is done here is reported then.",
  unreportedLabel: "Not reported yet",
  silent: "No answer",
  hubHere: "this computer",
  hubAt: "Hub",
  since: (time: string) => `since ${time}`,
  unsentLabel: "Not sent yet",
  unsent: (count: number) => `${count} not sent`,
  countSince: (count: number, age: string) => `${count}, the oldest ${age} ago`,
  nothingUnsent: "nothing",
  retryNow: "Try now",
  offlineBanner: (time: string, unsent: number) =>
    `No connection since ${time}. Keep working: ${
      unsent === 0 ? "touches are kept and sent later." : `${unsent} not sent yet, kept safe here.`
    }`,

  loading: "Getting the orders",
  emptyStation: "No orders.",
  emptyExpo: "No orders at the pass.",
  emptyHint: "New ones appear here by themselves.",
  emptyOffline: "No connection: new orders cannot arrive until it is back.",
  emptyAllDay: "Nothing left to make.",
  emptyScheduled: "No scheduled orders.",
  emptyRecall: "Nothing was bumped yet.",
  failedTitle: "The board cannot be shown",
  failedAgain: "It is tried again by itself.",
  tryAgain: "Try again",

  fires: (time: string) => `fires ${time}`,
  inMinutes: (minutes: number) => (minutes === 0 ? "now" : `${minutes} min`),
  bumpedAt: (time: string) => `bumped ${time}`,
  bumpedBy: (time: string, station: string) => `bumped ${time} by ${station}`,
  fireNow: "FIRE NOW",
  fireNowOf: (label: string) => `Fire now: ${label}`,
  search: "Number, table, name or item",
  searchShort: "Find",
  clearSearch: "Show all",
  letters: "Letters",
  lettersShort: "ABC",
  space: "Space",
  eraseLetter: "Erase the last one",
  nothingFound: "Nothing found.",
  review: "LOOK",
  reviewOf: (label: string) => `Look at ${label}`,
  recall: "RECALL",
  recallOf: (label: string) => `Recall ${label}`,
  cannotRecall: "cannot be brought back",

  /** The sentence of a fault; one that is not known yet says so and gives its code, for the phone call that follows. */
  fault(fault: Fault): string {
    const known = Object.hasOwn(faults, fault.code) ? faults[fault.code] : undefined;
    if (known) return known(fault.params);
    return `${fault.retry ? "That did not work just now. Try once more." : "That is not possible."} (${fault.code})`;
  },
  faultCodes: Object.keys(faults),
};

export type Language = typeof en;
