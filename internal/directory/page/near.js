// The device's own position, only when pressed, and never sent before Search
// is pressed: it is cut to about a kilometre here and put into the form.
const form = document.querySelector("form[data-near]");
const line = form && form.querySelector("[data-near-line]");
if (line && "geolocation" in navigator) {
  const said = line.querySelector("[data-near-said]");
  const put = (name, value) => {
    let field = form.querySelector(`input[name=${name}]`);
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  };
  const cut = (degrees) => (Math.trunc(degrees * 100) / 100).toFixed(2);
  line.hidden = false;
  line.querySelector("[data-near-press]").addEventListener("click", () => {
    said.textContent = line.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put("lat", cut(coords.latitude));
        put("lon", cut(coords.longitude));
        form.querySelector("input[name=near]").value = "";
        said.textContent = line.dataset.ready;
      },
      () => { said.textContent = line.dataset.failed; },
      { enableHighAccuracy: false, timeout: 10000, maximumAge: 600000 },
    );
  });
}
