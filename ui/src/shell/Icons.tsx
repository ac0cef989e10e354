/** The icons, drawn here so that no font and no emoji decides how they look. They colour and size with the text. */

import type { JSX } from "solid-js";

function Icon(props: { children: JSX.Element; filled?: boolean }): JSX.Element {
  return (
    <svg class="icon" classList={{ filled: props.filled === true }} viewBox="0 0 24 24" aria-hidden="true">
      {props.children}
    </svg>
  );
}

export const Warning = () => (
  <Icon filled>
    <path fill-rule="evenodd" d="M12 2.2 1.2 21.5h21.6zM11 9h2v6.3h-2zm0 7.8h2V19h-2z" />
  </Icon>
);
export const Clock = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 6.5V12l4 2.5" />
  </Icon>
);
export const Check = () => (
  <Icon>
    <path d="m4 12.5 5.5 5.5L20 6.5" />
  </Icon>
);
export const Cross = () => (
  <Icon>
    <path d="m5 5 14 14M19 5 5 19" />
  </Icon>
);
export const Plus = () => (
  <Icon>
    <path d="M12 4v16M4 12h16" />
  </Icon>
);
export const Dot = () => (
  <Icon filled>
    <circle cx="12" cy="12" r="8.5" />
  </Icon>
);
export const Bolt = () => (
  <Icon filled>
    <path d="M14.5 1 4 13.6h6.4L8.6 23 20 9.6h-6.8z" />
  </Icon>
);
export const Dots = () => (
  <Icon filled>
    <path d="M4.5 9.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8zM12 9.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8zM19.5 9.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z" />
  </Icon>
);
export const Swap = () => (
  <Icon>
    <path d="M3 8h17m-4-4 4 4-4 4M21 16H4m4-4-4 4 4 4" />
  </Icon>
);
export const Pause = () => (
  <Icon filled>
    <path d="M5 4h5v16H5zm9 0h5v16h-5z" />
  </Icon>
);
export const Left = () => (
  <Icon>
    <path d="m15 4-8 8 8 8" />
  </Icon>
);
export const Right = () => (
  <Icon>
    <path d="m9 4 8 8-8 8" />
  </Icon>
);
export const Down = () => (
  <Icon>
    <path d="m4 9 8 8 8-8" />
  </Icon>
);
export const Stack = () => (
  <Icon>
    <path d="M8 8h12v13H8zM4 17V3h12" />
  </Icon>
);
/** Erases what stands before. */
export const Back = () => (
  <Icon>
    <path d="M8 5h13v14H8l-6-7zM11.5 9l6 6M17.5 9l-6 6" />
  </Icon>
);
export const Flame = () => (
  <Icon filled>
    <path d="M12.6 1.5c.9 3.6 5.9 6.6 5.9 12.4a6.5 6.5 0 0 1-13 0c0-3 1.5-5 2.9-6.5.3 1.7 1 2.7 2 3.3-.4-3.5.3-6.9 2.2-9.2z" />
  </Icon>
);
export const Sliders = () => (
  <Icon>
    <path d="M3 7h9M18 7h3M3 17h3M12 17h9" />
    <circle cx="15" cy="7" r="2.8" />
    <circle cx="9" cy="17" r="2.8" />
  </Icon>
);
export const Speaker = () => (
  <Icon>
    <path d="M4 9.5v5h4l5 4.5v-14l-5 4.5zM16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12" />
  </Icon>
);
export const Unplugged = () => (
  <Icon>
    <path d="M2.5 9a14 14 0 0 1 19 0M6 13a9 9 0 0 1 12 0M9.5 16.8a4 4 0 0 1 5 0M3 3l18 18" />
  </Icon>
);
export const Hourglass = () => (
  <Icon>
    <path d="M6 3h12M6 21h12M7.5 3v3.5L12 12l-4.5 5.5V21M16.5 3v3.5L12 12l4.5 5.5V21" />
  </Icon>
);
export const Microphone = () => (
  <Icon>
    <path d="M12 2.5a3.4 3.4 0 0 0-3.4 3.4v5.2a3.4 3.4 0 0 0 6.8 0V5.9A3.4 3.4 0 0 0 12 2.5zM5 10.8a7 7 0 0 0 14 0M12 17.8v3.7" />
  </Icon>
);
export const NoMicrophone = () => (
  <Icon>
    <path d="M8.6 8.6v2.5a3.4 3.4 0 0 0 5.2 2.9M15.4 10V5.9a3.4 3.4 0 0 0-6.4-1.6M5 10.8a7 7 0 0 0 10.5 6M19 10.8c0 1-.2 2-.6 2.8M12 17.8v3.7M3 3l18 18" />
  </Icon>
);
/** Sound that comes in. */
export const Sound = () => (
  <Icon>
    <path d="M3 10v4M7.5 6.5v11M12 3v18M16.5 6.5v11M21 10v4" />
  </Icon>
);
export const Question = () => (
  <Icon>
    <path d="M7.5 8a4.5 4.5 0 1 1 6.6 4c-1.5.8-2.1 1.7-2.1 3.2M12 20v.2" />
  </Icon>
);
