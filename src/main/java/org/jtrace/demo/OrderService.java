package org.jtrace.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What {@code jtrace demo} profiles: a small service whose flame graph can be read at a glance. One thread takes orders,
 * which costs parsing, a slow search and pricing; another writes reports from the same journal, so that one waits for
 * the other's lock; a third sleeps most of the time.
 */
public final class OrderService {
    private static final int PRODUCTS = 400;
    private static final int JOURNAL_LENGTH = 2_000;

    private final List<Product> catalogue = new ArrayList<>();
    private final List<Order> journal = new ArrayList<>();
    private final Random random = new Random(42);

    private record Product(String name, long cents) {}

    private record Order(Product product, int quantity, long totalCents) {}

    private OrderService() {
        for (int i = 0; i < PRODUCTS; i++) {
            catalogue.add(new Product("product-" + i * 7919 % PRODUCTS, 100 + i));
        }
    }

    /** @param args how long to run, in milliseconds */
    public static void main(String[] args) throws InterruptedException {
        long endNanos = System.nanoTime() + Long.parseLong(args[0]) * 1_000_000;
        OrderService service = new OrderService();
        Thread reports = daemon("report-writer", service::writeReports);
        Thread housekeeper = daemon("housekeeper", service::keepHouse);
        Thread orders = daemon("order-taker", service::takeOrders);
        List.of(reports, housekeeper, orders).forEach(Thread::start);
        Thread.sleep(Math.max(0, (endNanos - System.nanoTime()) / 1_000_000));
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private void takeOrders() {
        while (true) {
            takeOrder("id=" + random.nextInt(1_000_000) + ";product=product-" + random.nextInt(PRODUCTS)
                    + ";quantity=" + (1 + random.nextInt(9)));
        }
    }

    private void takeOrder(String message) {
        Map<String, String> fields = parse(message);
        Product product = findProduct(fields.get("product"));
        int quantity = Integer.parseInt(fields.get("quantity"));
        record(new Order(product, quantity, price(product, quantity)));
    }

    private Map<String, String> parse(String message) {
        Map<String, String> fields = new HashMap<>();
        for (String field : message.split(";")) {
            String[] nameAndValue = field.split("=");
            fields.put(nameAndValue[0].toLowerCase(Locale.ROOT), nameAndValue[1]);
        }
        return fields;
    }

    /** The slow spot that the flame graph shows: a list where a map belongs. */
    private Product findProduct(String name) {
        for (Product product : catalogue) {
            if (product.name().equalsIgnoreCase(name)) {
                return product;
            }
        }
        throw new IllegalArgumentException(name);
    }

    private long price(Product product, int quantity) {
        long cents = product.cents() * quantity;
        return quantity >= 5 ? cents - discount(cents) : cents;
    }

    private long discount(long cents) {
        return cents / 10;
    }

    private void record(Order order) {
        synchronized (journal) {
            if (journal.size() == JOURNAL_LENGTH) {
                journal.remove(0);
            }
            journal.add(order);
        }
    }

    private void writeReports() {
        while (true) {
            String report;
            synchronized (journal) {
                report = formatReport();
            }
            pause(Math.max(5, report.length() / 20_000));
        }
    }

    private String formatReport() {
        StringBuilder report = new StringBuilder();
        for (Order order : journal) {
            report.append(String.format(Locale.ROOT, "%-16s %3d %10.2f%n", order.product().name(), order.quantity(),
                    order.totalCents() / 100.0));
        }
        return report.toString();
    }

    private void keepHouse() {
        while (true) {
            pause(200);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
