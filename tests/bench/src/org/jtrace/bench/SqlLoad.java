package org.jtrace.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;

/** An H2 database in memory under a mixed load of SQL, until its input ends. */
public final class SqlLoad {
    private static final String URL = "jdbc:h2:mem:load;DB_CLOSE_DELAY=-1";
    private static final int CUSTOMERS = 2_000;
    private static final int ORDERS = 20_000;
    private static final int CLIENTS = 2;

    private final SplittableRandom random;

    private SqlLoad(int seed) {
        this.random = new SplittableRandom(seed);
    }

    public static void main(String[] args) throws SQLException, IOException {
        try (Connection connection = DriverManager.getConnection(URL)) {
            fill(connection);
        }
        for (int i = 0; i < CLIENTS; i++) {
            SqlLoad load = new SqlLoad(i);
            Thread client = new Thread(load::run, "client " + i);
            client.setDaemon(true);
            client.start();
        }
        System.out.println("READY");
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private static void fill(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table customer(id int primary key, name varchar, city varchar)");
            statement.execute("create table orders"
                    + "(id int primary key, customer int, amount decimal(10,2), note varchar)");
            statement.execute("create index by_customer on orders(customer)");
            statement.execute("insert into customer select x, 'customer ' || x, 'city ' || mod(x, 50)"
                    + " from system_range(1, " + CUSTOMERS + ")");
            statement.execute("insert into orders select x, 1 + mod(x * 7919, " + CUSTOMERS + "), mod(x, 997) / 3.0,"
                    + " 'note ' || x from system_range(1, " + ORDERS + ")");
        }
    }

    private void run() {
        try (Connection connection = DriverManager.getConnection(URL)) {
            while (true) {
                step(connection);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void step(Connection connection) throws SQLException {
        int kind = random.nextInt(100);
        if (kind < 60) {
            lookUp(connection);
        } else if (kind < 85) {
            update(connection);
        } else if (kind < 97) {
            join(connection);
        } else {
            report(connection);
        }
    }

    private void lookUp(Connection connection) throws SQLException {
        // Text, not a prepared statement: the parser and the planner are a part of most programs' profiles.
        String sql = "select o.id, o.amount, c.name from orders o join customer c on c.id = o.customer where o.id = "
                + (1 + random.nextInt(ORDERS));
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            consume(rows);
        }
    }

    private void update(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("update orders set amount = amount + ?, note = ? where id = ?")) {
            statement.setInt(1, random.nextInt(3) - 1);
            statement.setString(2, "changed " + random.nextInt());
            statement.setInt(3, 1 + random.nextInt(ORDERS));
            statement.executeUpdate();
        }
    }

    private void join(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select c.name, sum(o.amount), count(*)"
                + " from customer c join orders o on o.customer = c.id where c.city = ? group by c.name order by 2")) {
            statement.setString(1, "city " + random.nextInt(50));
            try (ResultSet rows = statement.executeQuery()) {
                consume(rows);
            }
        }
    }

    private void report(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "select upper(note), amount * 1.19 from orders where note like ? and amount > 10 order by amount")) {
            statement.setString(1, "%" + random.nextInt(1000) + "%");
            try (ResultSet rows = statement.executeQuery()) {
                consume(rows);
            }
        }
    }

    private static void consume(ResultSet rows) throws SQLException {
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            for (int i = 1; i <= columns; i++) {
                rows.getString(i);
            }
        }
    }
}
