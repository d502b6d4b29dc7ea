// Slider and button of every player on the page. Without scripts the last frame stands there as a picture.
for (const player of document.querySelectorAll(".player")) {
  const frames = [...player.querySelectorAll(".frames img")], slider = player.querySelector("input");
  const button = player.querySelector("button"), label = player.querySelector("output");
  let timer = null;
  const show = (number) => {
    frames.forEach((frame, i) => { frame.hidden = i !== number; });
    slider.value = number;
    label.textContent = slider.ariaValueText = frames[number].alt;
  };
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  const step = () => { if (+slider.value < frames.length - 1) show(+slider.value + 1); else stop(); };
  slider.addEventListener("input", () => { stop(); show(+slider.value); });
  button.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    if (+slider.value === frames.length - 1) show(0);
    button.textContent = "Pause";
    timer = setInterval(step, 200);
  });
  show(frames.length - 1);
  player.querySelector(".controls").hidden = false;
}
