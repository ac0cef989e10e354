/**
 * Every sentence that a person reads, in English. A language is one such object; the code holds no words.
 *
 * Error sentences go by the code of the fault: what happened, in the cook's words, and what to do next.
 */

import type { Fault } from "../generated/Fault";
import type { HouseChange } from "../generated/HouseChange";
import type { LinePlace } from "../generated/LinePlace";
import type { LineWait } from "../generated/LineWait";
import type { OrderType } from "../generated/OrderType";
import type { Sound } from "../generated/Sound";
import type { SpokenAct } from "../generated/SpokenAct";
import type { SpokenAnswer } from "../generated/SpokenAnswer";
import type { SpokenVerb } from "../generated/SpokenVerb";
import type { TalkMode } from "../generated/TalkMode";
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

function ticketsOf(count: number): string {
  return count === 1 ? "1 ticket" : `${count} tickets`;
}

/** Why no kitchen could work like that. */
function badHouse(what: string, station: string): string {
  switch (what) {
    case "name":
      return "A station needs a name.";
    case "twice":
      return `${station} is there twice.`;
    case "role":
      return `${station} can either cook or be a pass for others.`;
    case "round":
      return `What ${station} hands on comes back to it. Change where it goes on to.`;
    default:
      return "These rules do not go together.";
  }
}

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
  house_changed: () =>
    "Somebody else has changed the stations or rules meanwhile. Nothing was overwritten: look again.",
  house_not_edited: () => "The board was drawn anew in between. Open Stations and rules again.",
  bad_house: ({ what, station }) => badHouse(what ?? "", station ?? "A station"),
  taken_elsewhere: () => "Another screen of this station has taken it. It is theirs.",
  not_fired: () => "Its time has not come: it is on no screen yet.",
  parked_overnight: ({ count }) =>
    `${count === "1" ? "1 ticket of an earlier day is" : `${count ?? "Some"} tickets of earlier days are`} parked. Find them under Recall.`,
  item_out: ({ item }) => `${item ?? "An item"} is out (86).`,
  item_unknown: () => "This item is not on the menu.",
  nothing_named: () => "Nothing on the ticket was left to do.",
  course_unknown: () => "The order has no such course any more. Look at the ticket again.",
  already_begun: () => "Somebody has begun with it: it stays at the stations.",
  still_cooking: () => "A station still cooks for this ticket. Bump it when everything is at the pass.",
  act_unknown: () => "The hub is older than this screen and cannot do that. Update the hub.",
  undo_over: () => "Too late to undo here. What was bumped is under Recall.",
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
  upstream_config_unusable: ({ file, reason }) =>
    `The order system cannot be asked for orders: ${file ?? "its file"} cannot be used${reason ? ` (${reason})` : ""}. Correct it, then start again.`,
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
  // Talking to the board.
  microphone_opening: () => "The microphone is being opened. Press again in a moment.",
  microphone_none: () => "There is no microphone. Plug one in: it is used as soon as it is there.",
  microphone_busy: () => "Another program has the microphone. Close that program; it is tried again by itself.",
  microphone_forbidden: () =>
    "This computer does not let Brigade hear the microphone. Allow it in the computer's sound settings.",
  microphone_unplugged: () => "The microphone is gone. Plug it in again: it is used as soon as it is there.",
  microphone_silent: () =>
    "The microphone gives no sound. Pull its plug and put it in again, or choose another one under Voice.",
  microphone_server: () =>
    "The computer's sound does not work. It is tried again by itself; restart this computer if it stays so.",
  microphone_lost: () => "The microphone was lost while you spoke: nothing was done. Say it once more.",
  talk_timed_out: ({ seconds }) =>
    `No answer came${seconds ? ` within ${seconds} s` : ""}: nothing was done. Say it once more, or touch it.`,
  talk_too_short: () => "That was too short. Hold the button while you speak, and let go when you have said it.",
  talk_too_long: () => "That was too long: nothing was done. Say one thing, then let go.",
  talk_busy: () => "It is still at work on what was said before. Wait a moment, then say it.",
  voice_away: () => "What understands speech does not answer. Work by touch; it is tried again by itself.",
  voice_failed: () => "Listening has failed and is begun again. Work by touch, and say it once more in a moment.",
  voice_absent: () => "This screen cannot be talked to. Work by touch.",
  changed_meanwhile: () => "It has changed since you spoke. Look at it, then say it once more.",
  question_over: () => "That question is over: nothing was done. Say it once more, or touch it.",
  audio_empty: () => "No sound came. Hold the button while you speak, and look at the level under Voice.",
  audio_too_long: () => "That was too long: nothing was done. Say one thing, then let go.",
  listening_failed: () => "It could not be made out this time: nothing was done. Say it once more.",
  voice_refused: () =>
    "What understands speech does not let this screen in. Work by touch, and tell who looks after it.",
  speech_model_missing: () =>
    "The hub cannot understand speech yet: its speech model is missing. Work by touch, and tell who looks after it.",
  speech_model_unusable: () =>
    "The hub cannot understand speech: its speech model is damaged. Work by touch, and tell who looks after it.",
  // This program itself.
  mount_gone: () => "The board was drawn anew in between. Touch again.",
  display_ending: () => "Brigade is closing. The touch was not taken.",
  not_answering: () => "The display does not answer. If it stays so, restart this computer.",
  unexpected: ({ detail }) => `Something went wrong${detail ? `: ${detail}` : ""}. Try once more.`,
};

/** Of what a spoken act is: the ticket, and of it these dishes. */
function objectOf({ label, number, order_type, items }: SpokenAct): string {
  const called = label && en.label(label, order_type ?? "dine_in");
  const ticket = called && number ? `${called} ${en.number(number)}` : called;
  return [ticket, items.join(", ")].filter(Boolean).join(": ");
}

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
  quoted: (note: string) => `“${note}”`,
  seat: (seat: string) => `seat ${seat}`,
  course: (course: number) => `course ${course}`,
  pieces: (done: number, quantity: number) => `${done} of ${quantity}`,
  changes: {
    added: (_was: number, _is: number) => "ADDED",
    changed: (was: number, is: number) => (was === is ? "CHANGED" : `CHANGED was ${was}`),
    voided: (was: number, is: number) => (is > 0 ? `${was - is} VOIDED was ${was}` : "VOIDED"),
  },
  /** Why a line is not to be begun yet, in short and, where somebody asks, in full. */
  startIn: (minutes: number, other: string) => `start in ${minutes} min, with ${other}`,
  startInFully: (name: string, minutes: number, other: string) =>
    `${name}: start in ${minutes} min, so that it is ready with the ${other}`,
  startNow: "START NOW",
  startLater: (minutes: number) => `start in ${minutes} min`,
  doneTogether: (time: string) => `ready ${time}`,
  cookTimes: "So that all is ready together",
  tableTicket: (position: number, tickets: number) => `${position} of ${tickets}`,
  tableTicketOf: (position: number, tickets: number, table: string) =>
    `ticket ${position} of ${tickets} of table ${table}`,
  bumpAll: (tickets: number) => `BUMP ALL ${tickets}`,
  atStation: (name: string, done: number, lines: number) => `${name} ${done}/${lines}`,
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
  changedMark: { added: "ADDED", changed: "CHANGED", voided: "VOIDED" },
  didTo: {
    bumped: (label: string, tickets = 1) => (tickets > 1 ? `${label}: ${tickets} bumped` : `${label} bumped`),
    rushed: (label: string) => `${label} goes first`,
    held: (label: string) => `${label} on hold`,
    fired: (label: string) => `${label} fired`,
    transferred: (label: string) => `${label} sent over`,
    stocked: (label: string) => `${label}: stock changed`,
    configured: () => "Stations and rules changed",
    parked: (label: string) => `${label} parked`,
    bumped_all: (_: string, count: number) => `${ticketsOf(count)} bumped`,
    parked_all: (_: string, count: number) => `${ticketsOf(count)} parked`,
    voided_all: (_: string, count: number) => `${ticketsOf(count)} voided`,
    started: (label: string) => `${label} started`,
    unstarted: (label: string) => `${label}: not started`,
    reopened: (label: string) => `${label}: not done`,
    recalled: (label: string) => `${label} is back`,
    unrushed: (label: string) => `${label}: no rush any more`,
    released: (label: string) => `${label} released`,
    taken: (label: string) => `${label} is yours`,
    put_back: (label: string) => `${label} put back`,
    unparked: (label: string) => `${label} is back`,
  },
  moreOf: (label: string) => `${label}: start, rush, hold, send`,
  start: "START",
  startAll: "START ALL, also what waits",
  unstart: "Not started",
  rushIt: "RUSH: before all others",
  unrush: "No rush any more",
  holdIt: "Hold: nobody cooks it now",
  forMinutes: (minutes: number) => `${minutes} min`,
  untilReleased: "Until released",
  release: "RELEASE: cook it now",
  parkIt: "PARK: off every screen",
  take: "TAKE",
  takenBy: (screen: number | undefined) => (screen === undefined ? "at another screen" : `at screen ${screen}`),
  putBack: "PUT BACK: another screen can take it",
  screenNumber: "Which of its screens is this?",
  house: {
    title: "Stations and rules",
    stations: "Stations",
    rules: "Rules",
    save: "Save…",
    saveNow: "SAVE: it takes effect now",
    overtaken:
      "Somebody else has changed this meanwhile. Nothing of it is overwritten: look at theirs, then change it again.",
    loadTheirs: "Show theirs",
    pass: "The pass: sends out what others have cooked",
    cooksNothing: "Cooks nothing yet",
    itemsCount: (count: number) => (count === 1 ? "1 item" : `${count} items`),
    takesRest: "everything that no other station names",
    unrouted: (count: number) =>
      count === 1
        ? "1 item is cooked by no station: it shows at Expo only."
        : `${count} items are cooked by no station: they show at Expo only.`,
    add: "+ Add a station",
    addFor: "A station that cooks",
    newStation: "New station",
    nothingYet: "nothing yet",
    name: "Name",
    categories: "Cooks these parts of the menu",
    items: (count: number) => (count === 0 ? "Single items…" : `Single items: ${count}`),
    itemsHint: "An item named here goes here, whatever cooks its part of the menu",
    also: "And also",
    orderTypes: (count: number) => (count === 0 ? "For all kinds of orders…" : `For ${count} kinds of orders`),
    orderTypesHint: "Only for these kinds of orders; none chosen = for all",
    handsOnTo: "What is done here goes on to",
    covers: "Is a pass before the pass, for",
    queue: "If it has several screens",
    remove: (name: string) => `Remove ${name}`,
    closeWhen: "An order is finished",
    closeWhens: { passed: "when Expo has bumped it", ready: "when every station has bumped it" },
    passWaits: "Expo can bump",
    coordinate: "Lines say when they are to be begun",
    coordinates: { no: "no", yes: "yes, so that a ticket is ready together" },
    passWaitses: { no: "at any time", yes: "only what the stations have done" },
    courses: "The next course is fired",
    courseRules: {
      by_hand: () => "by hand",
      when_done: () => "when the one before is done",
      after_minutes: (minutes: number) => `${minutes} min after the one before`,
    },
    eightySix: "A new order with an item that is out",
    eightySixes: { flag: "is taken and marked", refuse: "is refused to the POS" },
    undo: "UNDO is offered for",
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} min`,
    clock: (minute: number) =>
      `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`,
    warn: (which: string) => `SOON: ${which} after`,
    late: (which: string) => `LATE: ${which} after`,
    whichTickets: (rule: { station?: string; order_type?: OrderType }) =>
      [
        rule.order_type === undefined ? "tickets" : orderTypes[rule.order_type],
        rule.station === undefined ? "" : `at ${rule.station}`,
      ]
        .filter(Boolean)
        .join(" "),
    dayStarts: "The business day starts at",
    less: (what: string) => `Less: ${what}`,
    more: (what: string) => `More: ${what}`,
    changed(change: HouseChange): string {
      switch (change.change) {
        case "added":
          return `New station: ${change.station}`;
        case "removed":
          return `${change.station} is removed. What is begun there is finished at Expo.`;
        case "station":
          return `${change.station}: ${change.fields.map((field) => en.house.stationFields[field] ?? field).join(", ")}`;
        case "order":
          return "The stations stand in another order";
        case "rule":
          return en.house.ruleFields[change.field] ?? change.field;
      }
    },
    stationFields: {
      name: "its name",
      role: "what it is",
      categories: "parts of the menu",
      items: "single items",
      takes_rest: "the rest",
      order_types: "kinds of orders",
      hands_on_to: "where its work goes on",
      covers: "what it is a pass for",
      queue: "how its screens share tickets",
    } as Record<string, string>,
    ruleFields: {
      name: "The restaurant's name",
      time_zone: "The time zone",
      day_starts_minute: "When the business day starts",
      close_when: "When an order is finished",
      pass_waits: "What Expo can bump",
      coordinate: "Whether lines say when they are to be begun",
      courses: "How courses are fired",
      eighty_six: "What becomes of an order with an item that is out",
      undo_seconds: "How long UNDO is offered",
      thresholds: "When a ticket is SOON and LATE",
    } as Record<string, string>,
    rerouted: (count: number) =>
      count === 0
        ? "Open tickets stay where they are."
        : `${ticketsOf(count)} that are open change stations. What somebody has begun stays where it is.`,
  },
  queues: {
    shared: "All screens show the same tickets",
    pull: "A screen takes a ticket before it is cooked",
    balanced: "The tickets are dealt to its screens in turn",
  },
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
  sounds: "Sounds",
  soundNames: {
    new_order: "New order",
    changed: "Changed line",
    voided: "Voided",
    late: "Late",
    ready: "Ready at the pass",
    link_lost: "Connection lost",
    heard: "Command heard",
    asked: "Command unsure",
    refused: "Command not understood",
  } satisfies Record<Sound, string>,
  volumeOf: (volume: number) => (volume === 0 ? "Off" : `${volume} %`),
  louder: (sound: string) => `${sound}: louder`,
  quieter: (sound: string) => `${sound}: quieter`,
  playSound: (sound: string) => `${sound}: play it`,
  tablesStand: "Tickets of one table",
  byTable: "Together",
  eachByItself: "Each by itself",
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

  talk: {
    button: { ready: "Talk", listening: "Listening", sending: "Sending", thinking: "Thinking" },
    noMicrophone: "No mic",
    noVoice: "No voice",
    how: {
      hold: "Hold while you speak",
      toggle: "Touch, speak, touch again",
    } satisfies Record<TalkMode, string>,
    turn: {
      listening: { hold: "Let go when you have said it", toggle: "Touch Talk again when you have said it" },
      sending: "What you said is on its way",
      thinking: "Making out what you said",
    },
    heard: (ms: number | undefined) => (ms === undefined ? "HEARD" : `HEARD · ${(ms / 1000).toFixed(1)} s`),
    /** A speech is told by its beginning. */
    quoted: (words: string) =>
      words === "" ? "" : `“${words.length > 96 ? `${words.slice(0, 92).trimEnd()} …` : words}”`,
    /** Aloud, for who does not see it. */
    heardSay: (words: string) => (words === "" ? "Heard nothing." : `Heard: ${words}.`),
    didYouMean: "DID YOU MEAN",
    none: "None",
    noneOf: "None of these",
    question: "QUESTION",
    notUnderstood: (words: string, mode: TalkMode) =>
      words === ""
        ? `Nothing was heard. ${en.talk.how[mode]}, close to the microphone.`
        : "That is nothing that can be done now. Say it like “bump table 12”, “recall last” or “what's late”.",
    notUnderstoodMark: "NOT UNDERSTOOD",
    notDone: "NOT DONE",
    nothingDone: "Nothing was done",
    openPanel: "Voice",

    /** On the button of a choice: what would be done, above to what. */
    verbs: {
      bump: "Bump",
      bump_table: "Bump all",
      start: "Start",
      unstart: "Not started",
      recall: "Recall",
      rush: "Rush",
      unrush: "No rush",
      hold: "Hold",
      release: "Release",
      fire: "Fire",
      transfer: "Send",
      take: "Take",
      put_back: "Put back",
      acknowledge: "Seen",
      park: "Park",
      reopen: "Not done",
      eighty_six: "86",
      left: "Left",
      back_on: "Back on",
      undo: "Undo",
      look: "Show",
      how_many: "How many",
      how_many_open: "How many",
      whats_late: "What's",
      whats_on: "What's on",
    } satisfies Record<SpokenVerb, string>,
    object(act: SpokenAct): string {
      const what = objectOf(act);
      switch (act.verb) {
        case "transfer":
          return [what, act.station && `to ${act.station}`].filter(Boolean).join(" ");
        case "recall":
          return what || "the last one";
        case "undo":
          return what || "the last act";
        case "look":
          return what || en.talk.sight(act);
        case "how_many_open":
          return "open tickets";
        case "whats_late":
          return "late";
        case "hold":
          return [what, act.count && `for ${act.count} min`].filter(Boolean).join(" ");
        case "left":
          return `${act.count ?? 0} ${what}`;
        case "bump":
        case "bump_table":
        case "start":
        case "unstart":
        case "rush":
        case "unrush":
        case "release":
        case "fire":
        case "take":
        case "put_back":
        case "acknowledge":
        case "park":
        case "reopen":
        case "eighty_six":
        case "back_on":
        case "how_many":
        case "whats_on":
          return what;
      }
    },
    /** Where a look goes, if not to a ticket. */
    sight({ station, tab, count }: SpokenAct): string {
      if (station) return station;
      if (tab) return en.tabs[tab];
      return count === undefined ? "another view" : `page ${count}`;
    },
    /** What was done, as it stands beside the words that asked for it. */
    did(act: SpokenAct): string {
      const what = objectOf(act) || "It";
      switch (act.verb) {
        case "bump":
          return `${what} bumped`;
        case "bump_table":
          return `${what}: all bumped`;
        case "start":
          return `${what} started`;
        case "unstart":
          return `${what}: not started`;
        case "recall":
          return `${objectOf(act) || "The last one"} is back`;
        case "rush":
          return `${what} goes first`;
        case "unrush":
          return `${what}: no rush any more`;
        case "hold":
          return act.count ? `${what} on hold for ${act.count} min` : `${what} on hold`;
        case "release":
          return `${what} released`;
        case "left":
          return `${act.count ?? 0} ${what} left`;
        case "fire":
          return `${what} fired`;
        case "transfer":
          return act.station ? `${what} sent to ${act.station}` : `${what} sent over`;
        case "take":
          return `${what} is yours`;
        case "put_back":
          return `${what} put back`;
        case "acknowledge":
          return `${what} seen`;
        case "park":
          return `${what} parked`;
        case "reopen":
          return `${what}: not done`;
        case "eighty_six":
          return `${what} is out (86)`;
        case "back_on":
          return `${what} is back on`;
        case "undo":
          return objectOf(act) ? `${what}: taken back` : "Taken back";
        case "look":
          return `Showing ${objectOf(act) || en.talk.sight(act)}`;
        // They come to an answer.
        case "how_many":
        case "how_many_open":
        case "whats_late":
        case "whats_on":
          return "";
      }
    },
    /** An answer: what is read first, and what follows it as far as there is room. */
    answer(answer: SpokenAnswer): { lead: string; rest: string[] } {
      switch (answer.kind) {
        case "count": {
          const [first = "", ...others] = answer.items;
          if (answer.pieces === 0) return { lead: `No ${answer.items.join(", ")} to make`, rest: [] };
          if (others.length === 0) return { lead: `${answer.pieces} ${first}`, rest: ["still to make"] };
          return { lead: `${answer.pieces} to make:`, rest: answer.items };
        }
        case "late": {
          const tickets = answer.tickets.map((ticket) => en.label(ticket.label, ticket.order_type));
          return tickets.length === 0
            ? { lead: "Nothing is late", rest: [] }
            : { lead: `${tickets.length} late:`, rest: tickets };
        }
        case "open":
          if (answer.tickets === 0) return { lead: "No open tickets", rest: [] };
          return { lead: `${answer.tickets} open ${answer.tickets === 1 ? "ticket" : "tickets"}`, rest: [] };
        case "lines": {
          const label = en.label(answer.ticket.label, answer.ticket.order_type);
          return answer.lines.length === 0
            ? { lead: `${label}: nothing left to make`, rest: [] }
            : { lead: `${label}:`, rest: answer.lines };
        }
      }
    },
    and: (part: string) => `${part},`,
    andMore: (count: number) => `+${count} more`,
  },

  voice: {
    title: "Voice",
    open: "Microphone and voice",
    pages: { microphone: "Microphone", diagnosis: "Diagnosis" },
    mode: "Talk button",
    modes: { hold: "Hold", toggle: "Touch on, touch off" },
    microphone: "Microphone",
    standard: "The computer's own choice",
    hearing: (name: string) => `Hearing ${name}`,
    states: { opening: "Opening the microphone", ready: "Hearing", lost: "No microphone" },
    levelHint: "Speak as you would at work: the bar should reach the middle, and not the end.",
    test: "Try it",
    testHint: "Say “what's late”, then read here what was heard.",
    nothingHeard: "nothing yet",
    waiting: "Waiting for word of the microphone",
    understanding: "Understands speech",
    peerHere: "the hub",
    peer: {
      away: "not connected, until the next press",
      connecting: "connecting",
      live: "connected",
      refused: "refuses this screen",
    },
    reason: "It says",
    decides: "Listens for",
    decidesFor: { commands: "what can be done now", words: "any words" },
    confirmed: "Confirmed after",
    wordsAfter: "Words after",
    sessions: "Sessions since the start",
    packets: "Sound packets sent",
    unread: "Messages not understood",
    said: "Said lately",
    turns: "Turns lately",
    by: { cook: "cook", peer: "answer" },
    turnStep: (turn: number, from: string, to: string) => `${turn} ${from} → ${to}`,
    stuck: "A turn takes longer than it may.",
    reset: "Start over",
    resetHint: "Ends whatever is under way.",
  },

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
  firesBetween: (from: string, to: string) => `${from} – ${to}`,
  firesSoon: "Within 5 minutes",
  ordersOf: (count: number) => (count === 1 ? "1 order" : `${count} orders`),
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
  parkedAt: (time: string) => `parked ${time}`,
  endOfService: "End of service",
  openNow: (count: number) => (count === 1 ? "1 ticket is open." : `${count} tickets are open.`),
  nothingOpen: "Nothing is open here.",
  leaveOpen: "LEAVE THEM",
  leaveOpenMeans: "They stay on the screens. What is still open when the next day starts is parked.",
  closeAll: {
    bump: (count: number) => `BUMP ${count}`,
    park: (count: number) => `PARK ${count}`,
    void: (count: number) => `VOID ${count}`,
  },
  closeAllAsks: {
    bump: (count: number, where: string) => `Bump ${ticketsOf(count)} at ${where}? They are taken for done.`,
    park: (count: number) => `Park ${ticketsOf(count)}? They leave every screen and wait under Recall.`,
    void: (count: number) => `Void ${ticketsOf(count)}? Nobody will cook them, and the order system is told.`,
  },
  closeAllMeans: {
    bump: "They are done.",
    park: "Off every screen, to be brought back from Recall.",
    void: "Nobody comes for them any more.",
  },
  wholeKitchenAtExpo: "To park or void them for the whole kitchen, ask at Expo.",
  goBack: "Back",

  /** The sentence of a fault; one that is not known yet says so and gives its code, for the phone call that follows. */
  fault(fault: Fault): string {
    const known = Object.hasOwn(faults, fault.code) ? faults[fault.code] : undefined;
    if (known) return known(fault.params);
    return `${fault.retry ? "That did not work just now. Try once more." : "That is not possible."} (${fault.code})`;
  },
  faultCodes: Object.keys(faults),
};

export type Language = typeof en;
