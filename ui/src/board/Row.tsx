import type { JSX } from "solid-js";
import type { Row } from "../generated/Row";
import { useKitchen } from "../shell/kitchen";

/** What a row of a list is about: the order and its lines in short. */
export function RowAbout(props: { row: Row }): JSX.Element {
  const { text } = useKitchen();
  return (
    <span class="of">
      <span class="title">
        <b>{text.label(props.row.label, props.row.order_type)}</b>
        <span class="quiet">
          {text.orderTypes[props.row.order_type]} · {text.number(props.row.number)}
        </span>
      </span>
      <span class="short">{props.row.lines.join(" · ")}</span>
    </span>
  );
}
