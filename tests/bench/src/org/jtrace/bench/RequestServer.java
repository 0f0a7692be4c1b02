package org.jtrace.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;

/** A server on loopback whose answers take some hundred microseconds of work. Prints PORT and its port. */
public final class RequestServer {
    private static final int THREADS = 8;
    private static final int SIZE = 3_000;

    private RequestServer() {}

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(THREADS));
        server.createContext("/", RequestServer::answer);
        server.start();
        System.out.println("PORT " + server.getAddress().getPort());
    }

    private static void answer(HttpExchange exchange) throws IOException {
        byte[] body = String.valueOf(work(new SplittableRandom())).getBytes(StandardCharsets.US_ASCII);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static int work(SplittableRandom random) {
        int[] numbers = random.ints(SIZE, 0, 1_000_000).toArray();
        Arrays.sort(numbers);
        Map<Integer, String> map = new HashMap<>();
        for (int i = 0; i < SIZE; i += 4) {
            map.put(numbers[i] % 500, "value " + numbers[i]);
        }
        return map.values().stream().mapToInt(String::length).sum();
    }
}
