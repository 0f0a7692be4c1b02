package org.jtrace.output;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium, driven by W3C WebDriver through chromedriver on loopback. */
final class Browser implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("started successfully on port (\\d+)");
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
    private static final List<String> SWITCHES = List.of("--headless", "--no-sandbox", "--disable-gpu",
            "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process driver;
    private final Path profileDirectory;
    private final String session;

    private Browser(Process driver, Path profileDirectory, String base) {
        this.driver = driver;
        this.profileDirectory = profileDirectory;
        List<String> switches = new ArrayList<>(SWITCHES);
        switches.add("--user-data-dir=" + profileDirectory);
        Object answer = send("POST", base + "/session", capabilities(switches));
        this.session = base + "/session/" + ((Map<?, ?>) answer).get("sessionId");
    }

    static Optional<Path> find(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(directory -> Path.of(directory, program)).filter(Files::isExecutable).findFirst();
    }

    static Browser start() throws IOException {
        Path profileDirectory = Files.createTempDirectory("jtrace-chromium");
        Process driver = new ProcessBuilder(find("chromedriver").orElseThrow().toString(), "--port=0")
                .redirectErrorStream(true).start();
        try {
            return new Browser(driver, profileDirectory, "http://127.0.0.1:" + port(driver));
        } catch (IOException | RuntimeException e) {
            end(driver, profileDirectory);
            throw e;
        }
    }

    private static String port(Process driver) throws IOException {
        BufferedReader output = driver.inputReader();
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            Matcher matcher = PORT.matcher(line);
            if (matcher.find()) {
                drain(output);
                return matcher.group(1);
            }
            seen.append(line).append('\n');
        }
        throw new IOException("chromedriver did not start: " + seen);
    }

    private static void drain(BufferedReader output) {
        Thread drain = new Thread(() -> output.lines().forEach(line -> { }), "chromedriver output");
        drain.setDaemon(true);
        drain.start();
    }

    private static String capabilities(List<String> switches) {
        StringBuilder arguments = new StringBuilder();
        for (String argument : switches) {
            arguments.append(arguments.isEmpty() ? "" : ",").append(quote(argument));
        }
        String binary = quote(find("chromium").orElseThrow().toString());
        return "{\"capabilities\":{\"alwaysMatch\":{\"goog:chromeOptions\":{\"binary\":" + binary + ",\"args\":["
                + arguments + "]},\"goog:loggingPrefs\":{\"browser\":\"ALL\",\"performance\":\"ALL\"}}}}";
    }

    void open(Path page) {
        send("POST", session + "/url", "{\"url\":" + quote(page.toUri().toString()) + "}");
    }

    /** The value of a JavaScript expression. */
    Object evaluate(String expression) {
        return send("POST", session + "/execute/sync", "{\"script\":" + quote("return " + expression) + ",\"args\":[]}");
    }

    String text(String selector) {
        return (String) evaluate("document.querySelector(" + quote(selector) + ").textContent");
    }

    String attribute(String selector, String name) {
        return (String) evaluate("document.querySelector(" + quote(selector) + ").getAttribute(" + quote(name) + ")");
    }

    boolean isShown(String selector) {
        return (Boolean) evaluate("document.querySelector(" + quote(selector) + ").checkVisibility()");
    }

    void click(String selector) {
        send("POST", element(selector) + "/click", "{}");
    }

    void type(String selector, String text) {
        send("POST", element(selector) + "/value", "{\"text\":" + quote(text) + "}");
    }

    private String element(String selector) {
        Object found = send("POST", session + "/element",
                "{\"using\":\"css selector\",\"value\":" + quote(selector) + "}");
        return session + "/element/" + ((Map<?, ?>) found).get(ELEMENT);
    }

    /** Presses keys, one after the other, wherever the focus is. */
    void press(String... keys) {
        StringBuilder actions = new StringBuilder();
        for (String key : keys) {
            actions.append(actions.isEmpty() ? "" : ",").append("{\"type\":\"keyDown\",\"value\":").append(quote(key))
                    .append("},{\"type\":\"keyUp\",\"value\":").append(quote(key)).append('}');
        }
        act("{\"type\":\"key\",\"id\":\"keyboard\",\"actions\":[" + actions + "]}");
    }

    void pressWithControl(String key) {
        act("{\"type\":\"key\",\"id\":\"keyboard\",\"actions\":[{\"type\":\"keyDown\",\"value\":\"\\uE009\"},"
                + "{\"type\":\"keyDown\",\"value\":" + quote(key) + "},{\"type\":\"keyUp\",\"value\":" + quote(key)
                + "},{\"type\":\"keyUp\",\"value\":\"\\uE009\"}]}");
    }

    /** Moves the mouse to a place in the window. */
    void hover(int x, int y) {
        point(x, y, "");
    }

    void clickAt(int x, int y) {
        point(x, y, ",{\"type\":\"pointerDown\",\"button\":0},{\"type\":\"pointerUp\",\"button\":0}");
    }

    private void point(int x, int y, String then) {
        act("{\"type\":\"pointer\",\"id\":\"mouse\",\"parameters\":{\"pointerType\":\"mouse\"},\"actions\":["
                + "{\"type\":\"pointerMove\",\"duration\":0,\"x\":" + x + ",\"y\":" + y + "}" + then + "]}");
    }

    private void act(String source) {
        send("POST", session + "/actions", "{\"actions\":[" + source + "]}");
    }

    void resize(int width, int height) {
        devtools("Emulation.setDeviceMetricsOverride", "{\"width\":" + width + ",\"height\":" + height
                + ",\"deviceScaleFactor\":1,\"mobile\":false}");
    }

    void useScheme(String lightOrDark) {
        devtools("Emulation.setEmulatedMedia",
                "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":" + quote(lightOrDark) + "}]}");
    }

    private void devtools(String command, String parameters) {
        send("POST", session + "/goog/cdp/execute", "{\"cmd\":" + quote(command) + ",\"params\":" + parameters + "}");
    }

    byte[] screenshot() {
        return Base64.getDecoder().decode((String) send("GET", session + "/screenshot", null));
    }

    /** What the console got since the last call. */
    List<String> consoleMessages() {
        return log("browser").stream().map(entry -> entry.get("level") + ": " + entry.get("message")).toList();
    }

    /** Addresses that the page asked for since the last call, itself included. */
    List<String> requests() {
        List<String> addresses = new ArrayList<>();
        for (Map<?, ?> entry : log("performance")) {
            Map<?, ?> message = (Map<?, ?>) ((Map<?, ?>) JsonReader.read((String) entry.get("message"))).get("message");
            if (message.get("method").equals("Network.requestWillBeSent")) {
                Map<?, ?> request = (Map<?, ?>) ((Map<?, ?>) message.get("params")).get("request");
                addresses.add((String) request.get("url"));
            }
        }
        return addresses;
    }

    private List<Map<?, ?>> log(String type) {
        List<Map<?, ?>> entries = new ArrayList<>();
        for (Object entry : (List<?>) send("POST", session + "/se/log", "{\"type\":" + quote(type) + "}")) {
            entries.add((Map<?, ?>) entry);
        }
        return entries;
    }

    private Object send(String method, String uri, String body) {
        HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).method(method, publisher)
                .header("Content-Type", "application/json").build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            Object value = ((Map<?, ?>) JsonReader.read(response.body())).get("value");
            if (response.statusCode() != 200) {
                throw new IllegalStateException(method + ' ' + uri + ' ' + body + ": " + value);
            }
            return value;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String quote(String text) {
        StringBuilder json = new StringBuilder();
        try {
            new Json(json).value(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return json.toString();
    }

    @Override
    public void close() throws IOException {
        try {
            send("DELETE", session, null);
        } finally {
            end(driver, profileDirectory);
        }
    }

    private static void end(Process driver, Path profileDirectory) throws IOException {
        List<ProcessHandle> processes = new ArrayList<>(driver.descendants().toList());
        processes.add(driver.toHandle());
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
        try (Stream<Path> files = Files.walk(profileDirectory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
